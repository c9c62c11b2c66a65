// widelimit check: the plan as a table and as JSON, from headers alone.
#include "sanitized.hpp"
#include "support/experiments.hpp"

#include <experiment/forecast/machine.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

using namespace widelimit::test;
using widelimit::apps::Json;

namespace {

const std::string entries = R"(, "inference": [
  {"method": "gradient_descent_mse_ensemble", "kernels": ["ntk", "nngp"], "diag_reg": 1e-3}])";

/// A file that says it holds [samples, 2] numbers and holds none of them.
std::string header_only(std::int64_t samples, std::int64_t columns) {
  std::string dictionary = "{'descr': '<f8', 'fortran_order': False, 'shape': (" +
                           std::to_string(samples) + ", " + std::to_string(columns) + "), }";
  dictionary.resize(117, ' ');
  return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + dictionary + "\n";
}

}  // namespace

TEST_CASE("check shows layers, shapes and costs, and leaves nothing behind") {
  const TemporaryDirectory directory;
  directory.file("exp.json", regression(40, entries));
  const Result result =
      run_program(Run{.arguments = {"check", "exp.json"}, .directory = directory.path()});
  INFO(result.err);
  REQUIRE(result.status == 0);
  for (const std::string word : {"small", "dense", "relu", "16", "30 training samples",
                                 "10 test samples", "memory", "disk", "time", "cholesky"})
    CHECK(contains(result.out, word));
  CHECK(files_below(directory.path()) == std::vector<std::string>{"exp.json"});
}

TEST_CASE("check --json has the members of the contract") {
  const TemporaryDirectory directory;
  const Result result =
      run_program({"check", directory.file("exp.json", regression(40, entries)), "--json"});
  INFO(result.err);
  REQUIRE(result.status == 0);
  const Json plan = Json::parse(result.out, "stdout");
  REQUIRE(at(plan, {"layers"}).size() == 3);
  double share = 0;
  for (const Json& layer : at(plan, {"layers"}).elements()) share += number(at(layer, {"share"}));
  CHECK(share > 0.99);
  CHECK(share < 1.01);
  CHECK(text(at(plan, {"layers", "1", "type"})) == "relu");
  CHECK(text(at(plan, {"layers", "1", "pointer"})) == "/network/1");
  CHECK(number(at(plan, {"layers", "1", "displacements"})) == 1);
  CHECK(number(at(plan, {"layers", "1", "of"})) == 1);
  CHECK(number(at(plan, {"memory_bytes"})) > 1e6);
  CHECK(number(at(plan, {"disk_bytes"})) > 30 * 30 * 8 * 2);
  CHECK(number(at(plan, {"seconds"})) > 0);
  CHECK(at(plan, {"warnings"}).size() == 0);
}

TEST_CASE("check reads the headers of arrays and not their numbers") {
  const TemporaryDirectory directory;
  directory.file("x.npy", header_only(5000, 2) + std::string(5000 * 2 * 8, '\xff'));
  directory.file("y.npy", header_only(5000, 1) + std::string(5000 * 8, '\xff'));  // all NaN
  const std::string file = directory.file("exp.json", R"({"format": 1,
    "data": {"train": {"type": "npy", "x": "x.npy", "y": "y.npy"}},
    "network": [{"type": "dense"}, "relu", {"type": "dense"}]})");
  const Result checked = run_program({"check", file, "--json"});
  INFO(checked.err);
  CHECK(checked.status == 0);
  CHECK(number(at(Json::parse(checked.out, "stdout"), {"disk_bytes"})) > 2.0 * 5000 * 5000 * 8 - 1);
  const Result run = run_program({"run", file, "--out", (directory / "out").string()});
  CHECK(run.status == 2);
}

TEST_CASE("a limit of memory is held before anything runs") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", regression(8000, entries));
  for (const std::string verb : {"check", "run"}) {
    std::vector<std::string> arguments{verb, file, "--max-memory", "500MB"};
    if (verb == "run") {
      arguments.emplace_back("--out");
      arguments.push_back((directory / "out").string());
    }
    const Result result = run_program(arguments);
    CHECK(result.status == 2);
    CHECK(contains(result.err, "--max-memory"));
    CHECK(!std::filesystem::exists(directory / "out"));
  }
  const Result wrong = run_program({"check", file, "--max-memory", "lots"});
  CHECK(wrong.status == 2);
  CHECK(contains(wrong.err, "\"lots\" is not a size"));
}

TEST_CASE("what the machine has not is a warning of check and a refusal of run") {
  const TemporaryDirectory directory;
  // Half of a kernel of 10^7 samples, one at a time, is 364 TiB of float64.
  const std::string file = directory.file("exp.json", R"({"format": 1,
    "data": {"train": {"type": "make_regression", "n_samples": 10000000, "n_features": 2, "n_informative": 1}},
    "network": [{"type": "dense"}, "relu", {"type": "dense"}],
    "inference": [{"method": "gp_inference", "kernels": ["nngp", "ntk"], "diag_reg": 0.1}]})");
  const Result checked = run_program({"check", file});
  CHECK(checked.status == 0);
  CHECK(contains(checked.out, "TiB of memory are needed, and this machine has "));
  CHECK(contains(checked.out, " years on "));
  const Result run = run_program({"run", file, "--out", (directory / "out").string()});
  CHECK(run.status == 2);
  for (const std::string part :
       {"TiB", "10,000,000 training samples", "that this machine has", "--max-memory"})
    CHECK(contains(run.err, part));
  CHECK(!std::filesystem::exists(directory / "out"));
}

TEST_CASE("mapped stores count in what a run takes, and not against what the machine has") {
  const TemporaryDirectory directory;
  // Half of a matrix in float64 is 4 n^2 bytes, the kept stores of two kernels as many again: the
  // first alone fits.
  const double memory = widelimit::experiment::machine_memory();
  if (!std::isfinite(memory)) return;
  const auto n = static_cast<long long>(std::sqrt(memory / 6));
  const std::string file = directory.file(
      "exp.json", R"({"format": 1, "precision": "float32", "kernel": {"store": "keep"},
    "data": {"train": {"type": "make_regression", "n_samples": )" +
                      std::to_string(n) + R"(, "n_features": 2, "n_informative": 1}},
    "network": [{"type": "dense"}, "relu", {"type": "dense"}],
    "inference": [{"method": "gp_inference", "kernels": ["nngp", "ntk"], "diag_reg": 0.1}]})");
  const Result checked = run_program({"check", file, "--json"});
  INFO(checked.err);
  REQUIRE(checked.status == 0);
  const Json plan = Json::parse(checked.out, "stdout");
  const double all = number(at(plan, {"memory_bytes"})),
               mapped = number(at(plan, {"mapped_bytes"}));
  CHECK(all > memory);
  CHECK(all - mapped < memory);
  CHECK(!contains(checked.out, "this machine has"));
}

TEST_CASE("check warns of inference that has nothing to predict") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", R"({"format": 1,
    "data": {"train": {"type": "make_regression", "n_samples": 9, "n_features": 2, "n_informative": 1}},
    "network": [{"type": "dense"}, "relu", {"type": "dense"}],
    "inference": [{"method": "gp_inference", "kernels": ["nngp"]}]})");
  const Result result = run_program({"check", file, "--json"});
  INFO(result.err);
  REQUIRE(result.status == 0);
  const std::vector<std::string> warnings =
      texts(at(Json::parse(result.out, "stdout"), {"warnings"}));
  REQUIRE(warnings.size() == 1);
  CHECK(contains(warnings[0], "no test data"));
}

TEST_CASE("inference on a network that does not end Gaussian is warned of, with the layer to add") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", regression(40, entries));
  const auto warnings = [&](const std::string& network) {
    const Result result = run_program({"check", file, "--json", "--set", "/network=" + network});
    INFO(result.err);
    CHECK(result.status == 0);
    return texts(at(Json::parse(result.out, "stdout"), {"warnings"}));
  };
  const std::vector<std::string> found = warnings(R"([{"type": "dense", "b_std": 1}, "relu"])");
  REQUIRE(found.size() == 1);
  for (const std::string part : {"/network/1: ", "ends in \"relu\"", "nlpd", "\"dense\""})
    CHECK(contains(found[0], part));
  CHECK(warnings(R"(["dense", "relu", "dense"])").empty());
  CHECK(warnings(R"(["dense", "relu", "dense", "identity"])").empty());
  CHECK(warnings(R"(["dense", {"type": "sum", "inputs": [[], ["relu", "dense"]]}])").empty());
  CHECK(
      contains(warnings(R"(["dense", {"type": "product", "inputs": [[], ["relu", "dense"]]}])")[0],
               "/network/1: "));

  const Result run = run_program({"run", file, "--out", (directory / "out").string(), "--set",
                                  R"(/network=["dense", "erf"])"});
  CHECK(run.status == 0);
  CHECK(contains(run.err, "warning: /network/1: the network ends in \"erf\""));
}

TEST_CASE("an NTK that is zero is reported with the reason and the remedy") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", regression(12, R"(, "inference": [
    {"method": "gradient_descent_mse_ensemble", "kernels": ["ntk"]}])"));
  const Result run = run_program({"run", file, "--out", (directory / "out").string(), "--set",
                                  R"(/network=["dense", "sign"])"});
  CHECK(run.status == 1);
  for (const std::string part : {"the ntk kernel of the 9 training samples is zero everywhere",
                                 "no trained weight has a gradient", "sign", "end with dense"})
    CHECK(contains(run.err, part));
}

TEST_CASE("a learning rate without effect is warned of") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", regression(12, R"(, "inference": [
    {"method": "gp_inference", "kernels": ["nngp"], "learning_rate": 0.5, "diag_reg": 0.1}])"));
  const Result result = run_program({"check", file});
  CHECK(result.status == 0);
  CHECK(contains(result.out, "warning: /inference/0/learning_rate: has no effect on gp_inference"));
  const Result usual = run_program({"check", file, "--set", "/inference/0/learning_rate=1"});
  CHECK(usual.out.find("warning") == std::string::npos);
}

TEST_CASE("a run warns of a learning rate at which steps diverge, and names the greatest") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", regression(12, R"(, "inference": [
    {"method": "gradient_descent_mse_ensemble", "kernels": ["ntk"], "times": [1]}])"));
  const std::filesystem::path out = directory / "out";
  const auto run = [&](const std::string& change) {
    const Result result = run_program({"run", file, "--out", out.string(), "--set", change});
    CHECK(result.status == 0);
    return result.err;
  };
  CHECK(contains(run("/inference/0/learning_rate=1e4"), "warning: /inference/0/learning_rate: "));
  const double greatest =
      number(at(json(out / "run.json"), {"inference", "0", "max_learning_rate"}));
  const auto rate = [&](double share) {
    return "/inference/0/learning_rate=" + std::to_string(share * greatest);
  };
  CHECK(run(rate(0.99)).find("warning") == std::string::npos);
  CHECK(contains(run(rate(1.01)), "above " + std::to_string(greatest).substr(0, 4)));
  // Without end the rate does not matter.
  CHECK(run(R"(/inference/0={"method": "gradient_descent_mse_ensemble", "kernels": ["ntk"],
               "learning_rate": 1e4, "diag_reg": 1e-3})")
            .find("warning") == std::string::npos);
}

TEST_CASE("check of a network that overflows gives no time and warns, and is no failure") {
  const TemporaryDirectory directory;
  const std::string file = directory.file(
      "exp.json", regression(40, R"(, "finite": {"optimizer": {"type": "sgd"}, "steps": 5})"));
  const auto check = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments{
        "check", file, "--set", "/network/0/W_std=1e100", "--set", "/network/2/W_std=1e100"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(arguments);
  };
  const Result table = check({});
  INFO(table.err);
  CHECK(table.status == 0);
  CHECK(contains(table.out, "memory"));
  CHECK(contains(table.out, "warning: the time could not be measured"));
  CHECK(table.out.find("  time ") == std::string::npos);
  const Result result = check({"--json"});
  CHECK(result.status == 0);
  const Json plan = Json::parse(result.out, "stdout");
  CHECK(at(plan, {"seconds"}).is_null());
  CHECK(at(plan, {"warnings"}).size() == 1);
}

TEST_CASE("a finished run says what it was forecast to cost beside what it did") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("exp.json", regression(600, entries));
  const Result run = run_program({"run", file, "--out", (directory / "out").string()});
  INFO(run.err);
  REQUIRE(run.status == 0);
  const Json record = json(directory / "out/run.json");
  // A machine that is busy with tests tells little of time; memory is the process's own.
  CHECK(number(at(record, {"forecast", "seconds", "forecast"})) > 0);
  CHECK(number(at(record, {"forecast", "seconds", "actual"})) > 0);
  const auto ratio = [&](const char* of) {
    return number(at(record, {"forecast", of, "forecast"})) /
           number(at(record, {"forecast", of, "actual"}));
  };
  CHECK(ratio("disk_bytes") > 0.8);
  CHECK(ratio("disk_bytes") < 1.25);
  if (sanitized) return;  // memory of its own
  CHECK(ratio("memory_bytes") > 0.75);
  CHECK(ratio("memory_bytes") < 1.35);
}
