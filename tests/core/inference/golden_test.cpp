// Predictions and losses of the golden cases, from their golden kernels.
#include <widelimit/inference.hpp>

#include "core/inference/golden.hpp"
#include "core/inference/lapack_solver.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <string>
#include <vector>

using namespace widelimit;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
const std::vector<double> times{0, 0.5, 10, 1000, inf};

const char* name_of(DrivingKernel k) {
  return k == DrivingKernel::nngp ? "nngp" : k == DrivingKernel::ntk ? "ntk" : "ntkgp";
}

// Predictions inherit the condition number of the regularised kernel: 1e-12 times that, at least
// 1e-10, relative to the largest entry (the tolerance the golden numbers come with).
double tolerance(const GoldenCase& golden, DrivingKernel kernel, double ridge) {
  Matrix a = golden.blocks[kernel == DrivingKernel::nngp ? 0 : 1][0].clone();
  for (std::int64_t i = 0; i < a.rows(); ++i) a(i, i) += ridge;
  const std::vector<double> values = lapack_solver().eigenvalues(std::move(a));
  return std::max(1e-10, 1e-12 * values.back() / values.front());
}

void check(const std::vector<double>& got, const Array& expected, double relative) {
  REQUIRE(got.size() == expected.numbers.size());
  double largest = 0, off = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    largest = std::max(largest, std::abs(expected.numbers[i]));
    off = std::max(off, std::abs(got[i] - expected.numbers[i]));
  }
  CHECK(off <= relative * largest);
}

void check_predictions(const std::string& name, Method method, DrivingKernel kernel, double rate,
                       double diag_reg, bool absolute, const Solver& solver) {
  const GoldenCase golden(name);
  InferenceOptions o;
  o.method = method;
  o.kernel = kernel;
  o.times = times;
  o.learning_rate = rate;
  o.diag_reg = diag_reg;
  o.diag_reg_absolute_scale = absolute;
  o.covariance = Covariance::full;
  o.losses = false;
  const InferenceResult r = infer(golden.problem(), o, solver);
  std::vector<double> mean, covariance;
  for (const Prediction& p : r.predictions) {
    mean.insert(mean.end(), p.mean.flat().begin(), p.mean.flat().end());
    covariance.insert(covariance.end(), p.covariance.flat().begin(), p.covariance.flat().end());
    for (std::int64_t i = 0; i < p.covariance.rows(); ++i)
      for (std::int64_t j = 0; j < i; ++j) REQUIRE(p.covariance(i, j) == p.covariance(j, i));
  }
  const std::string stem =
      std::string("predictions/") +
      (method == Method::gp_inference ? "gp_inference." : "gradient_descent_mse_ensemble.") +
      name_of(kernel);
  const double relative = tolerance(golden, kernel, r.ridge);
  check(mean, golden.expected(stem + ".mean.npy"), relative);
  check(covariance, golden.expected(stem + ".cov.npy"), relative);
}

// The lists of numbers of a JSON file of this one shape: {"times": [...], "ntk": {"KEY": [...]}}.
std::map<std::string, std::vector<double>> lists(const std::string& file) {
  std::ifstream in(file);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  std::map<std::string, std::vector<double>> found;
  std::string object, key;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      const std::size_t end = text.find('"', i + 1);
      key = text.substr(i + 1, end - i - 1);
      i = end;
    } else if (text[i] == '{') {
      object = key.empty() ? "" : key + ".";
    } else if (text[i] == '[') {
      std::vector<double>& numbers = found[(key == "times" ? "" : object) + key];
      const std::size_t end = text.find(']', i);
      for (const char* p = text.c_str() + i + 1; p < text.c_str() + end;) {
        char* next = nullptr;
        numbers.push_back(std::strtod(p, &next));
        p = next + 1;
      }
      i = end;
    }
  }
  return found;
}

}  // namespace

TEST_CASE("predictions of the golden cases at five times, covariances included") {
  const Solver solver = lapack_solver();
  for (const DrivingKernel kernel : {DrivingKernel::ntk, DrivingKernel::nngp}) {
    const Method ensemble = Method::gradient_descent_mse_ensemble;
    check_predictions("tutorial", ensemble, kernel, 0.1, 1e-4, false, solver);
    check_predictions("fc-relu-inference", ensemble, kernel, 1, 1e-4, false, solver);
    check_predictions("fc-erf-inference-absolute", ensemble, kernel, 0.3, 0.05, true, solver);
  }
}

TEST_CASE("GP inference on the golden cases, from a Cholesky factor alone") {
  const Solver solver = lapack_solver(false);
  for (const DrivingKernel kernel :
       {DrivingKernel::nngp, DrivingKernel::ntk, DrivingKernel::ntkgp}) {
    check_predictions("fc-relu-inference", Method::gp_inference, kernel, 1, 1e-3, false, solver);
    check_predictions("fc-erf-inference-absolute", Method::gp_inference, kernel, 1, 0.05, true,
                      solver);
  }
}

TEST_CASE("losses over time of the tutorial, with and without the variance") {
  const GoldenCase golden("tutorial");
  const auto expected = lists(golden.folder + "expected/loss.json");
  for (const DrivingKernel kernel : {DrivingKernel::ntk, DrivingKernel::nngp}) {
    InferenceOptions o;
    o.method = Method::gradient_descent_mse_ensemble;
    o.kernel = kernel;
    o.times = expected.at("times");
    o.learning_rate = 0.1;
    o.diag_reg = 1e-4;
    o.covariance = Covariance::diagonal;
    o.predictions = false;
    REQUIRE(o.times.size() == 100);
    const InferenceResult r = infer(golden.problem(), o, lapack_solver());
    const double relative = tolerance(golden, kernel, r.ridge);
    const std::string k = std::string(name_of(kernel)) + ".";
    check(r.losses.train_mean, {{}, expected.at(k + "train_mean_loss")}, relative);
    check(r.losses.test_mean, {{}, expected.at(k + "test_mean_loss")}, relative);
    check(r.losses.train_expected, {{}, expected.at(k + "train_expected_loss")}, relative);
    check(r.losses.test_expected, {{}, expected.at(k + "test_expected_loss")}, relative);
    // The small losses of long training, too: relative to each of them.
    for (std::size_t i = 0; i < o.times.size(); ++i)
      CHECK(r.losses.train_mean[i] ==
            doctest::Approx(expected.at(k + "train_mean_loss")[i]).epsilon(1e-9));
  }
}
