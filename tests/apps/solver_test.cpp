// Experiments with an iterative solver that only multiplies by the kernel: in memory and from a
// store, its iterations in the record, and a run that is stopped in the middle of a solution.
#include "support/experiments.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <string>
#include <vector>

using namespace widelimit::test;
using widelimit::apps::Json;

namespace {

std::string experiment(int samples, const std::string& solver, const std::string& store,
                       const std::string& more) {
  return R"({"format": 1,
  "data": {"train": {"type": "make_regression", "n_samples": )" +
         std::to_string(samples) + R"(, "n_features": 5, "n_informative": 4},
           "test": {"type": "make_regression", "n_samples": 20, "n_features": 5, "n_informative": 4, "seed": 1}},
  "network": [{"type": "dense", "W_std": 1.5, "b_std": 0.1}, "relu", "dense"],
  "kernel": {"store": ")" +
         store + R"("},
  "inference": [{"method": "gp_inference", "kernels": ["nngp", "ntk"], "solver": )" +
         solver + more + "}]}";
}

Run run(const std::string& file, const std::filesystem::path& out) {
  return {.arguments = {"run", file, "--out", out.string(), "--plugin-dir",
                        WIDELIMIT_TEST_GOOD_PLUGINS}};
}

void check_near(const std::filesystem::path& a, const std::filesystem::path& b) {
  const Array x = npy(a), y = npy(b);
  REQUIRE(x.values.size() == y.values.size());
  double largest = 0, difference = 0;
  for (std::size_t i = 0; i < x.values.size(); ++i) {
    largest = std::max(largest, std::abs(y.values[i]));
    difference = std::max(difference, std::abs(x.values[i] - y.values[i]));
  }
  CHECK(largest > 0);
  CHECK(difference < 1e-7 * largest);
}

}  // namespace

TEST_CASE("a solver with the operator form alone runs from an experiment, and is counted") {
  const TemporaryDirectory directory;
  const std::string more = R"(, "diag_reg": 1e-2, "covariance": "diagonal")";
  for (const char* store : {"none", "keep"})
    for (const char* solver : {"cg", "cholesky"}) {
      const std::string name = std::string(solver) + "." + store;
      const std::string file = directory.file(
          name + ".json", experiment(150, "\"" + std::string(solver) + "\"", store, more));
      const Result result = run_program(run(file, directory / name));
      INFO(result.err);
      REQUIRE(result.status == 0);
    }
  for (const std::string store : {"none", "keep"}) {
    const Json record = json(directory / ("cg." + store) / "run.json");
    for (const char* const number_of : {"0", "1"}) {
      // Each of the 20 test samples takes some iterations, and none as many as there are samples.
      const double iterations = number(at(record, {"inference", number_of, "iterations"}));
      CHECK(iterations > 3 * 20);
      CHECK(iterations < 150 * 21);
    }
    const Json direct = json(directory / ("cholesky." + store) / "run.json");
    CHECK(number(at(direct, {"inference", "0", "iterations"})) == 0);
    for (const char* kernel : {"nngp", "ntk"})
      for (const char* what : {"mean", "std"}) {
        const std::string file =
            std::string("predictions/gp_inference.") + kernel + "." + what + ".npy";
        check_near(directory / ("cg." + store) / file, directory / ("cholesky." + store) / file);
      }
  }
  // From the disk the residual is that of the kernel there.
  const Json streamed = json(directory / "cg.keep/run.json");
  CHECK(number(at(streamed, {"inference", "0", "residual"})) < 1e-11);
}

TEST_CASE("leaving one out and singular kernels work by products too") {
  const TemporaryDirectory directory;
  for (const char* solver : {"cg", "cholesky"}) {
    const std::string file = directory.file(
        std::string(solver) + ".json", experiment(60, "\"" + std::string(solver) + "\"", "none",
                                                  R"(, "diag_reg": 1e-2, "leave_one_out": true)"));
    const Result result = run_program(run(file, directory / solver));
    INFO(result.err);
    REQUIRE(result.status == 0);
  }
  const auto left_out = [&](const char* solver) {
    return number(at(json(directory / solver / "metrics.json"),
                     {"gp_inference.nngp", "leave_one_out", "rmse"}));
  };
  CHECK(std::abs(left_out("cg") - left_out("cholesky")) < 1e-7 * left_out("cholesky"));

  std::string twice = experiment(60, "\"cg\"", "none", R"(, "diag_reg": 0)");
  const std::string from = R"("n_samples": 60, "n_features": 5, "n_informative": 4)";
  twice.replace(twice.find(from), from.size(),
                R"("n_samples": 60, "n_features": 5, "n_informative": 4, "noise": 0)");
  const std::string network = R"([{"type": "dense", "W_std": 1.5, "b_std": 0.1}, "relu", "dense"])";
  twice.replace(twice.find(network), network.size(), R"(["dense"])");  // rank 5
  const Result refused = run_program(run(directory.file("twice.json", twice), directory / "twice"));
  CHECK(refused.status == 1);
  CHECK(contains(refused.err, "not positive definite"));
}

TEST_CASE("Ctrl-C stops an iterative solver in the middle of a solution") {
  const TemporaryDirectory directory;
  // No residual is this small: it would go on for 50 n steps.
  const std::string file = directory.file(
      "slow.json",
      experiment(3000, R"({"type": "cg", "tolerance": 1e-300})", "none", R"(, "diag_reg": 1e-9)"));
  Running running(run(file, directory / "out"));
  REQUIRE(running.wait_until([&] {
    return std::filesystem::exists(directory / "out/run.json") &&
           at(json(directory / "out/run.json"), {"kept"}).size() > 1;
  }));
  running.signal(SIGINT);
  const Result result = running.wait();
  INFO(result.err);
  CHECK(result.status == 130);
  CHECK(contains(result.err, "stopped on request"));
}
