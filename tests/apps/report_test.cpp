// The report as the program draws it: after a run, again by `widelimit report`, without gnuplot.
#include "support/experiments.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

using namespace widelimit::test;

namespace {

const std::string inference = R"(, "inference": [
  {"method": "gp_inference", "kernels": ["nngp"], "diag_reg": 0.01, "covariance": "diagonal"}])";

}  // namespace

TEST_CASE("a run draws a report, and report draws it again from the directory alone") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", regression(12, inference));
  const std::string out = (directory / "out").string();
  const Result result = run_program({"run", file, "--out", out});
  INFO(result.err);
  REQUIRE(result.status == 0);
  CHECK(contains(result.out, "report.html"));
  const std::vector<std::string> listed = texts(at(json(directory / "out/run.json"), {"files"}));
  CHECK(std::find(listed.begin(), listed.end(), "report.html") != listed.end());

  std::filesystem::remove(directory / "out/report.html");
  std::filesystem::remove(file);
  const Result again = run_program({"report", out});
  INFO(again.err);
  CHECK(again.status == 0);
  CHECK(contains(again.out, "report.html"));
  CHECK(std::filesystem::exists(directory / "out/report.html"));
}

TEST_CASE("a kernel of one sample has no picture, and gnuplot nothing to complain about") {
  const TemporaryDirectory directory;
  const auto source = [](int samples) {
    return R"({"type": "make_regression", "n_features": 2, "n_samples": )" +
           std::to_string(samples) + "}";
  };
  for (const auto& samples : {std::pair(1, 1), std::pair(1, 5), std::pair(5, 1)}) {
    const int train = samples.first, test = samples.second;
    CAPTURE(train);
    CAPTURE(test);
    const std::string file = directory.file(
        "exp.json", R"({"format": 1, "data": {"train": )" + source(train) + R"(, "test": )" +
                        source(test) + R"(}, "preprocess": ["standardize_y"],
  "network": ["dense", "relu", "dense"], "inference": [
  {"method": "gp_inference", "kernels": ["nngp"], "diag_reg": 0.01, "covariance": "full"}]})");
    const std::string out =
        (directory / ("out" + std::to_string(train) + std::to_string(test))).string();
    const Result result = run_program({"run", file, "--out", out});
    INFO(result.err);
    CHECK(result.status == 0);
    CHECK(result.err.find("warning") == std::string::npos);
    CHECK(std::filesystem::exists(out + "/plots/kernel.train_train.nngp.svg") == (train > 1));
    CHECK(std::filesystem::exists(out + "/plots/kernel.test_train.nngp.svg") == (train * test > 1));
    CHECK(std::filesystem::exists(out + "/plots/kernel.test_test.nngp.svg") == (test > 1));
  }
}

TEST_CASE("report refuses a directory without a run") {
  const TemporaryDirectory directory;
  const Result result = run_program({"report", directory.path().string()});
  CHECK(result.status == 2);
  CHECK(contains(result.err, "run.json"));
}

TEST_CASE("without gnuplot a run succeeds with a warning and a report without pictures") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", regression(12, inference));
  const Result result =
      run_program(Run{.arguments = {"run", file, "--out", (directory / "out").string()},
                      .environment = {{"PATH", directory.path().string()}}});
  INFO(result.err);
  CHECK(result.status == 0);
  CHECK(contains(result.err, "gnuplot"));
  CHECK(std::filesystem::exists(directory / "out/report.html"));
  for (const std::string& name : files_below(directory / "out")) CHECK(!name.ends_with(".svg"));
}
