// Networks of images through the program: a finite convolutional network trained beside its kernel,
// and what wrong ones get.
#include "sanitized.hpp"
#include "support/experiments.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace widelimit::test;
using widelimit::apps::Json;

namespace {

std::string npy_file(const std::string& shape, const std::vector<double>& values) {
  std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': " + shape + ", }";
  header.resize((header.size() + 11 + 63) / 64 * 64 - 11, ' ');
  header += '\n';
  std::string file("\x93NUMPY\x01\x00", 8);
  file += static_cast<char>(header.size() % 256);
  file += static_cast<char>(header.size() / 256);
  file += header;
  const std::size_t begin = file.size();
  file.resize(begin + values.size() * sizeof(double));
  std::memcpy(file.data() + begin, values.data(), values.size() * sizeof(double));
  return file;
}

/// Images of two channels, of normal numbers, and one target each.
void write_images(const TemporaryDirectory& directory, std::size_t count = 12,
                  std::size_t side = 6) {
  std::mt19937_64 bits(1);
  std::normal_distribution<double> normal;
  std::vector<double> x(count * side * side * 2), y(count);
  for (double& v : x) v = normal(bits);
  for (double& v : y) v = normal(bits);
  const std::string n = std::to_string(count), sites = std::to_string(side);
  directory.file("x.npy", npy_file("(" + n + ", " + sites + ", " + sites + ", 2)", x));
  directory.file("y.npy", npy_file("(" + n + ", 1)", y));
}

std::string experiment(const std::string& network, const std::string& more = "") {
  return R"({"format": 1, "data": {"train": {"type": "npy", "x": "x.npy", "y": "y.npy"}},
    "network": )" +
         network + more + "}";
}

}  // namespace

TEST_CASE("a finite convolutional network is trained beside its kernel") {
  const TemporaryDirectory directory;
  write_images(directory);
  directory.file("exp.json", experiment(R"([
    {"type": "conv", "channels": 16, "filter_shape": [3, 3], "padding": "SAME", "W_std": 1.4, "b_std": 0.1}, "relu",
    {"type": "avg_pool", "window_shape": [2, 2], "strides": [2, 2]},
    {"type": "conv", "channels": 16, "filter_shape": [2, 2], "padding": "CIRCULAR", "W_std": 1.4}, "relu",
    "flatten", {"type": "dense", "width": 1}])",
                                        R"(,
    "inference": [{"method": "gradient_descent_mse_ensemble", "kernels": ["ntk"], "times": [300],
                   "learning_rate": 1}],
    "finite": {"optimizer": {"type": "sgd", "learning_rate": 1}, "steps": 300, "ensemble": 2})"));
  const Result result =
      run_program(Run{.arguments = {"run", "exp.json"}, .directory = directory.path()});
  INFO(result.err);
  REQUIRE(result.status == 0);
  const std::filesystem::path out = directory / "exp.out";
  CHECK(npy(out / "finite/parameters.0/0.conv.npy").values.size() == 3 * 3 * 2 * 16 + 16);
  CHECK(npy(out / "finite/parameters.1/3.conv.npy").values.size() == 2 * 2 * 16 * 16);
  const Csv losses = csv(out / "finite/losses.csv");
  const std::vector<double> train = losses.column("train_loss");
  REQUIRE(train.size() >= 4);
  // More weights than targets: 300 steps bring the loss down by orders of magnitude.
  CHECK(train[train.size() - 1] < 1e-2 * train[train.size() / 2]);
}

TEST_CASE("the forecast knows what training a convolutional network takes") {
  if (sanitized) return;  // memory of its own
  const TemporaryDirectory directory;
  write_images(directory, 96, 24);
  directory.file("exp.json", experiment(R"([
    {"type": "conv", "channels": 48, "filter_shape": [3, 3], "padding": "SAME"}, "relu",
    {"type": "conv", "channels": 48, "filter_shape": [3, 3], "strides": [2, 2]}, "relu",
    "flatten", {"type": "dense", "width": 1}])",
                                        R"(,
    "finite": {"optimizer": {"type": "sgd", "learning_rate": 0.1}, "steps": 2, "ensemble": 2})"));
  const Result result =
      run_program(Run{.arguments = {"run", "exp.json"}, .directory = directory.path()});
  INFO(result.err);
  REQUIRE(result.status == 0);
  const Json memory = at(json(directory / "exp.out/run.json"), {"forecast", "memory_bytes"});
  const double actual = number(at(memory, {"actual"}));
  // Two members at once, 19 MB each, beside 20 to 30 MB that any run takes.
  CHECK(actual > 50 << 20);
  CHECK(number(at(memory, {"forecast"})) / actual > 0.8);
  CHECK(number(at(memory, {"forecast"})) / actual < 1.25);
}

TEST_CASE("networks of images that cannot be are refused with the place and a remedy") {
  const TemporaryDirectory directory;
  write_images(directory);
  const std::string conv = R"({"type": "conv", "filter_shape": [3, 3])";
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases{
      {R"(["flatten", "flatten", "dense"])", {"/network/1", "leave this layer out"}},
      {"[" + conv + R"(}, "relu", "flatten", "global_avg_pool", "dense"])",
       {"/network/3", "leave this layer out"}},
      {R"([{"type": "conv", "filter_shape": [7, 3]}, "flatten", "dense"])",
       {"/network/0/filter_shape/0", "spans 7 sites, but axis 0 of the input has 6", "SAME"}},
      {R"([{"type": "conv", "filter_shape": [3, 7], "padding": "CIRCULAR"}, "flatten", "dense"])",
       {"/network/0/filter_shape/1", "would read sites twice"}},
      {"[" + conv + R"(}, {"type": "avg_pool", "window_shape": [5, 2]}, "flatten", "dense"])",
       {"/network/1/window_shape/0", "axis 0 of the input has 4"}},
      {R"([{"type": "conv", "filter_shape": [3]}, "flatten", "dense"])",
       {"/network/0/filter_shape", "has 2, got 1"}},
      {"[" + conv + R"(, "padding": "same"}, "flatten", "dense"])",
       {"/network/0/padding", "did you mean \"SAME\"?"}},
      {"[" + conv + R"(, "strides": [0, 1]}, "flatten", "dense"])",
       {"/network/0/strides/0", ">= 1"}},
      {"[" + conv + R"(}, "relu", )" + conv +
           R"(, "parameterization": "standard"}, "flatten", "dense"])",
       {"/network/2/parameterization", "write its \"channels\""}},
      {"[" + conv + R"(}, {"type": "sum", "inputs": [[], ["relu", )" + conv +
           R"(}]]}, "flatten", "dense"])",
       {"/network/1", "same spatial axes"}},
      {"[" + conv + R"(}, "relu", "dense"])", {"/network", "flatten or global_avg_pool"}}};
  for (const auto& one : cases) {
    const std::string& network = one.first;
    directory.file("exp.json", experiment(network));
    const Result result =
        run_program(Run{.arguments = {"check", "exp.json"}, .directory = directory.path()});
    INFO(network);
    INFO(result.err);
    CHECK(result.status == 2);
    CHECK(contains(result.err, "exp.json:2:"));
    for (const std::string& part : one.second) CHECK(contains(result.err, part));
  }
}
