// Who may write to a run's directory, and what of it is whose: other runs, other experiments, files
// that no run wrote.
#include "support/experiments.hpp"

#include <doctest/doctest.h>

#include <sys/file.h>
#include <unistd.h>

#include <fcntl.h>
#include <algorithm>
#include <csignal>
#include <string>
#include <vector>

using namespace widelimit::test;

namespace {

const std::string inference = R"(, "inference": [
  {"method": "gp_inference", "kernels": ["nngp"], "diag_reg": 0.01, "covariance": "diagonal"}])";

/// Names and bytes of everything below a directory.
std::string contents(const std::filesystem::path& directory) {
  std::string all;
  for (const std::string& name : files_below(directory))
    all += name + "\n" + read(directory / name);
  return all;
}

}  // namespace

TEST_CASE("--resume of another experiment is refused, and every file stays") {
  const TemporaryDirectory directory;
  directory.file("t.csv", "a,b,y\n1,2,1\n3,1,2\n1,4,3\n0,1,1\n2,2,0\n");
  const std::string file = directory.file("exp.json", R"({"format": 1, "title": "first",
"data": {"train": {"type": "csv", "path": "t.csv", "target": ["y"]},
         "split": {"test_fraction": 0.2}},
"network": [{"type": "dense", "name": "hidden"}, "relu", {"type": "dense"}]})");
  const std::filesystem::path out = directory / "out";
  REQUIRE(run_program({"run", file, "--out", out.string()}).status == 0);
  const std::string before = contents(out);
  const auto refused = [&](const std::string& change, const std::string& what) {
    for (const std::string verb : {"run", "kernel"}) {
      const Result result =
          run_program({verb, file, "--out", out.string(), "--resume", "--set", change});
      CHECK(result.status == 2);
      for (const std::string& part : {out.string(), what, std::string("--out")})
        CHECK(contains(result.err, part));
      CHECK(contents(out) == before);
    }
  };
  refused("/network/0/b_std=0.5", "/network/0/b_std was null and is 0.5");
  refused("/network/1=\"erf\"", "/network/1/type was \"relu\" and is \"erf\"");
  refused("/network/-=\"identity\"", "/network has changed");
  refused("/precision=float32", "/precision was \"float64\" and is \"float32\"");
  refused("/preprocess=[\"standardize_x\"]", "/preprocess ");
  refused("/seed=4", "/seed was 0 and is 4");
  directory.file("t.csv", "a,b,y\n1,2,1\n3,1,2\n1,4,3\n0,1,1\n2,2.5,0\n");
  refused("/title=second", "data files hold other samples");
  CHECK(run_program({"run", file, "--out", out.string()}).status == 0);
  CHECK(contents(out) != before);
  // What no kernel is made from may change.
  CHECK(run_program({"run", file, "--out", out.string(), "--resume", "--set", "/title=second",
                     "--set", "/network/0/name=first"})
            .status == 0);
}

TEST_CASE("a directory in use is refused to a second run, which names it and the process") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", regression(8));
  const std::string out = (directory / "out").string();
  REQUIRE(run_program({"run", file, "--out", out}).status == 0);
  const std::string before = contents(out);
  // This process stands for the other run: a lock does not say what it is held for.
  const std::string lock = directory.file("out/.lock", std::to_string(getpid()) + "\n");
  const int fd = open(lock.c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(flock(fd, LOCK_EX | LOCK_NB) == 0);
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"run", file, "--out", out},
        {"kernel", file, "--out", out},
        {"report", out}}) {
    const Result result = run_program(arguments);
    CHECK(result.status == 1);
    CHECK(contains(result.err, out));
    CHECK(contains(result.err, "process " + std::to_string(getpid())));
  }
  close(fd);
  std::filesystem::remove(lock);
  CHECK(contents(out) == before);
}

TEST_CASE("a run at work keeps another out, and one that was killed does not") {
  const TemporaryDirectory directory;
  const std::string slow = directory.file("slow.json", R"({"format": 1,
  "data": {"train": {"type": "make_regression", "n_samples": 4000, "n_features": 8, "n_informative": 4}},
  "network": [{"repeat": 100, "layers": [{"type": "dense", "W_std": 1.4, "b_std": 0.1}, "relu"]},
              {"type": "dense"}]})");
  const std::string quick = directory.file("quick.json", regression(8));
  const std::filesystem::path out = directory / "out";
  Running running(Run{.arguments = {"run", slow, "--out", out.string()}});
  REQUIRE(running.wait_for(out / "run.json"));
  const Result second = run_program({"run", quick, "--out", out.string()});
  CHECK(second.status == 1);
  CHECK(contains(second.err, "in use by another run (process "));
  running.signal(SIGKILL);
  CHECK(running.wait().status == 128 + SIGKILL);
  const Result third = run_program({"run", quick, "--out", out.string()});
  INFO(third.err);
  CHECK(third.status == 0);
  CHECK(!std::filesystem::exists(out / ".lock"));
}

TEST_CASE("a directory that holds no run is warned of, and its files stay") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", regression(8));
  const std::string mine = directory.file("out/mine.txt", "mine");
  const std::string out = (directory / "out").string();
  const Result result = run_program({"run", file, "--out", out});
  CHECK(result.status == 0);
  CHECK(contains(result.err, "warning: " + out + " is not empty and holds no earlier run"));
  CHECK(read(mine) == "mine");
  CHECK(run_program({"run", file, "--out", out}).err.find("warning") == std::string::npos);
  std::filesystem::create_directory(directory / "empty");
  CHECK(run_program({"run", file, "--out", (directory / "empty").string()}).err.find("warning") ==
        std::string::npos);
}

TEST_CASE("what report draws is the run's: its record lists it, and the next run replaces it") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", regression(12, inference));
  const std::filesystem::path out = directory / "out";
  REQUIRE(run_program({"kernel", file, "--out", out.string()}).status == 0);  // draws nothing
  const std::string before = read(out / "run.json");
  REQUIRE(run_program({"report", out.string()}).status == 0);
  std::vector<std::string> listed = texts(at(json(out / "run.json"), {"files"}));
  std::sort(listed.begin(), listed.end());
  CHECK(listed == files_below(out));
  CHECK(std::find(listed.begin(), listed.end(), "report.html") != listed.end());
  // Nothing else of the record has changed.
  const std::string after = read(out / "run.json");
  CHECK(after.substr(0, after.find("\"files\"")) == before.substr(0, before.find("\"files\"")));

  REQUIRE(run_program({"kernel", file, "--out", out.string()}).status == 0);
  CHECK(!std::filesystem::exists(out / "plots"));
  CHECK(!std::filesystem::exists(out / "report.html"));
}
