// The golden tutorial through the program: kernels, predictions and losses against numbers of
// another implementation (tests/golden/README.md).
#include "support/experiments.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

using namespace widelimit::test;

namespace {

const std::filesystem::path golden = std::filesystem::path(WIDELIMIT_TEST_GOLDEN) / "tutorial";

/// Predictions inherit the condition number of the regularised kernel: its largest eigenvalue is at
/// most its trace n d, its smallest at least the ridge diag_reg d.
constexpr double condition = 112 / 1e-4 + 1, tolerance = 1e-12 * condition;

void compare(const Array& ours, const Array& reference, double relative) {
  REQUIRE(ours.shape == reference.shape);
  double largest = 0, worst = 0;
  for (std::size_t i = 0; i < reference.values.size(); ++i) {
    largest = std::max(largest, std::abs(reference.values[i]));
    worst = std::max(worst, std::abs(ours.values[i] - reference.values[i]));
  }
  CHECK(worst <= relative * largest);
}

void compare_kernel(const std::filesystem::path& out, const std::string& block,
                    const std::string& kernel) {
  INFO(block << " " << kernel);
  const std::string name = "kernel/" + block + "." + kernel + ".npy";
  const Array ours = npy(out / name), reference = npy(golden / "expected" / name);
  REQUIRE(ours.shape == reference.shape);
  const auto diagonal = [&](const std::string& side) {
    const Array square =
        npy(golden / "expected" / ("kernel/" + side + "_" + side + "." + kernel + ".npy"));
    const auto n = static_cast<std::size_t>(square.shape[0]);
    std::vector<double> values;
    for (std::size_t i = 0; i < n; ++i) values.push_back(square.values[i * (n + 1)]);
    return values;
  };
  const std::size_t split = block.find('_');
  const std::vector<double> rows = diagonal(block.substr(0, split)),
                            cols = diagonal(block.substr(split + 1));
  double worst = 0;
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t j = 0; j < cols.size(); ++j) {
      const std::size_t k = i * cols.size() + j;
      worst = std::max(
          worst, std::abs(ours.values[k] - reference.values[k]) / std::sqrt(rows[i] * cols[j]));
    }
  CHECK(worst <= 1e-12);
}

}  // namespace

TEST_CASE("the golden tutorial gives the reference's kernels, predictions and losses") {
  const TemporaryDirectory directory;
  const std::filesystem::path out = directory / "out";
  const std::string curve =
      R"(/inference/-={"method": "gradient_descent_mse_ensemble", "name": "curve",
          "kernels": ["ntk", "nngp"], "times": {"start": 0, "stop": 1000, "step": 10},
          "learning_rate": 0.1, "diag_reg": 1e-4, "covariance": "diagonal"})";
  const Result result = run_program(
      {"run", (golden / "experiment.json").string(), "--out", out.string(), "--set", curve});
  INFO(result.err);
  REQUIRE(result.status == 0);

  for (const std::string block : {"train_train", "test_train", "test_test"})
    for (const std::string kernel : {"nngp", "ntk"}) compare_kernel(out, block, kernel);

  for (const std::string kernel : {"nngp", "ntk"}) {
    INFO(kernel);
    const std::string stem = "predictions/gradient_descent_mse_ensemble." + kernel;
    compare(npy(out / (stem + ".mean.npy")), npy(golden / "expected" / (stem + ".mean.npy")),
            tolerance);
    const Array reference = npy(golden / "expected" / (stem + ".cov.npy"));
    compare(npy(out / (stem + ".cov.npy")), reference, tolerance);

    // Standard deviations are square roots of the covariance's diagonal.
    const Array std = npy(out / (stem + ".std.npy"));
    const auto m = static_cast<std::size_t>(reference.shape[2]);
    REQUIRE(std.shape == std::vector<std::int64_t>{reference.shape[0], reference.shape[2]});
    for (std::size_t t = 0; t < static_cast<std::size_t>(reference.shape[0]); ++t)
      for (std::size_t i = 0; i < m; ++i)
        CHECK(std::abs(std::pow(std.values[t * m + i], 2) -
                       reference.values[(t * m + i) * m + i]) <= tolerance * reference.values[0]);
  }

  const widelimit::apps::Json losses = json(golden / "expected" / "loss.json");
  for (const std::string kernel : {"nngp", "ntk"})
    for (const std::string column :
         {"train_mean_loss", "test_mean_loss", "train_expected_loss", "test_expected_loss"}) {
      INFO(kernel << " " << column);
      const Csv table = csv(out / ("loss/curve." + kernel + ".csv"));
      const auto reference = at(losses, {kernel, column}).elements();
      const std::vector<double> ours = table.column(column), times = table.column("time");
      REQUIRE(ours.size() == reference.size());
      double largest = 0, worst = 0;
      for (std::size_t i = 0; i < ours.size(); ++i) {
        CHECK(times[i] == number(at(losses, {"times", std::to_string(i)})));
        largest = std::max(largest, std::abs(number(reference[i])));
        worst = std::max(worst, std::abs(ours[i] - number(reference[i])));
      }
      CHECK(worst <= tolerance * largest);
    }
}
