// The report as the program draws it: after a run, again by `widelimit report`, without gnuplot.
#include "support/experiments.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
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
