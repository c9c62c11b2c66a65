// Ctrl-C and SIGTERM: exit status, what is kept, nothing half-written, and that it can go on.
#include "support/experiments.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <vector>

using namespace widelimit::test;
using widelimit::apps::Json;

namespace {

/// Kernels that take several seconds on any machine, block by block: train x train long, test x
/// train longer.
std::string long_experiment() {
  return R"({"format": 1,
  "data": {"train": {"type": "make_regression", "n_samples": 3000, "n_features": 8, "n_informative": 4},
           "test": {"type": "make_regression", "n_samples": 9000, "n_features": 8, "n_informative": 4, "seed": 1}},
  "network": [{"repeat": 100, "layers": [{"type": "dense", "W_std": 1.4, "b_std": 0.1}, "relu"]},
              {"type": "dense"}]})";
}

/// Every kernel that is there has as many bytes as its header promises, and nothing else is there.
void check_whole(const std::filesystem::path& out, const Json& record) {
  std::vector<std::string> listed = texts(at(record, {"files"}));
  std::sort(listed.begin(), listed.end());
  CHECK(files_below(out) == listed);
  for (const Json& kernel : at(record, {"kernels"}).elements()) {
    const Array array = npy(out / text(at(kernel, {"file"})));
    CHECK(static_cast<double>(array.shape[0]) == number(at(kernel, {"rows"})));
    CHECK(static_cast<double>(array.shape[1]) == number(at(kernel, {"cols"})));
  }
}

}  // namespace

TEST_CASE("Ctrl-C stops a run with 130, says what was kept, and leaves nothing half-written") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", long_experiment());
  const std::filesystem::path out = directory / "out";
  Running running(Run{.arguments = {"run", file, "--out", out.string()}});
  REQUIRE(running.wait_for(out / "run.json"));
  running.signal(SIGINT);
  const Result result = running.wait();
  INFO(result.err);
  CHECK(result.status == 130);
  CHECK(contains(result.err, "stopped on request"));
  CHECK(contains(result.err, "nothing was finished"));
  const Json record = json(out / "run.json");
  CHECK(text(at(record, {"status"})) == "interrupted");
  CHECK(at(record, {"kept"}).size() == 0);
  check_whole(out, record);
}

TEST_CASE("SIGTERM ends a run with 143, and a resumed one begins after the blocks it finished") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", long_experiment());
  const std::filesystem::path out = directory / "out";
  Running running(Run{.arguments = {"kernel", file, "--out", out.string()}});
  REQUIRE(running.wait_for(out / "kernel/train_train.ntk.npy"));
  // The record tells of the block once both of its files are there.
  REQUIRE(running.wait_until([&] { return !texts(at(json(out / "run.json"), {"kept"})).empty(); }));
  running.signal(SIGTERM);
  const Result result = running.wait();
  INFO(result.err);
  CHECK(result.status == 143);
  CHECK(contains(result.err, "kept in"));
  CHECK(contains(result.err, "--resume"));
  const Json record = json(out / "run.json");
  CHECK(text(at(record, {"status"})) == "interrupted");
  CHECK(texts(at(record, {"kept"})) == std::vector<std::string>{"kernel train_train"});
  CHECK(at(record, {"kernels"}).size() == 2);
  check_whole(out, record);

  // A resumed run owns the block from the start and goes on with the next: interrupted at once, it
  // has lost nothing, and the files are still those of the first.
  const auto written = std::filesystem::last_write_time(out / "kernel/train_train.ntk.npy");
  Running resumed(Run{.arguments = {"kernel", file, "--out", out.string(), "--resume"}});
  REQUIRE(resumed.wait_until([&] {
    const Json now = json(out / "run.json");
    return texts(at(now, {"command"})).back() == "--resume" && !texts(at(now, {"kept"})).empty();
  }));
  resumed.signal(SIGTERM);
  CHECK(resumed.wait().status == 143);
  const Json again = json(out / "run.json");
  CHECK(texts(at(again, {"kept"})) == std::vector<std::string>{"kernel train_train"});
  check_whole(out, again);
  CHECK(std::filesystem::last_write_time(out / "kernel/train_train.ntk.npy") == written);
}

TEST_CASE("a second Ctrl-C ends the program at once") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", long_experiment());
  Running running(Run{.arguments = {"run", file, "--out", (directory / "out").string()}});
  REQUIRE(running.wait_for(directory / "out/run.json"));
  running.signal(SIGINT);
  running.signal(SIGTERM);
  const int status = running.wait().status;
  const bool ended = status == 143 || status == 130;  // whichever of the two came second
  CHECK(ended);
  CHECK(text(at(json(directory / "out/run.json"), {"status"})) == "interrupted");

  // What it could not tidy up itself, the next run does.
  const std::string next = directory.file("next.json", regression(8));
  REQUIRE(run_program({"run", next, "--out", (directory / "out").string()}).status == 0);
  check_whole(directory / "out", json(directory / "out/run.json"));
}
