// Many ridges from one eigendecomposition, and samples left out in closed form, against fitting
// again for each.
#include <widelimit/error.hpp>
#include <widelimit/inference.hpp>

#include "core/inference/lapack_solver.hpp"
#include "core/inference/random_problem.hpp"
#include "inference/factors.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

using namespace widelimit;

namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();
constexpr DrivingKernel all_driving_kernels[] = {DrivingKernel::nngp, DrivingKernel::ntk,
                                                 DrivingKernel::ntkgp};

InferenceOptions along(DrivingKernel kernel, std::vector<double> path) {
  InferenceOptions o;
  o.kernel = kernel;
  o.diag_reg_path = std::move(path);
  o.leave_one_out = true;
  return o;
}

Matrix part(const Matrix& a, std::vector<std::int64_t> rows, std::vector<std::int64_t> cols) {
  Matrix b(std::ssize(rows), std::ssize(cols));
  for (std::int64_t i = 0; i < b.rows(); ++i)
    for (std::int64_t j = 0; j < b.cols(); ++j)
      b(i, j) = a(rows[static_cast<std::size_t>(i)], cols[static_cast<std::size_t>(j)]);
  return b;
}

std::vector<std::int64_t> numbers(std::int64_t first, std::int64_t last,
                                  std::int64_t without = -1) {
  std::vector<std::int64_t> all;
  for (std::int64_t i = first; i < last; ++i)
    if (i != without) all.push_back(i);
  return all;
}

// Sample i of the training set predicted from the samples `from`, with an absolute ridge.
Prediction refitted(const RandomProblem& p, DrivingKernel kernel, std::int64_t i,
                    const std::vector<std::int64_t>& from, double ridge) {
  const auto outputs = numbers(0, p.y_train.cols());
  const Matrix nngp[] = {part(p.nngp[0], from, from), part(p.nngp[0], {i}, from),
                         part(p.nngp[0], {i}, {i})};
  const Matrix ntk[] = {part(p.ntk[0], from, from), part(p.ntk[0], {i}, from),
                        part(p.ntk[0], {i}, {i})};
  const Matrix y = part(p.y_train, from, outputs);
  InferenceProblem problem;
  problem.kernels.nngp = {&nngp[0], &nngp[1], &nngp[2], nullptr};
  problem.kernels.ntk = {&ntk[0], &ntk[1], &ntk[2], nullptr};
  problem.y_train = &y;
  InferenceOptions o;
  o.kernel = kernel;
  o.diag_reg = ridge;
  o.diag_reg_absolute_scale = true;
  o.covariance = Covariance::full;
  InferenceResult result = infer(problem, o, lapack_solver());
  return std::move(result.predictions.front());
}

// That what was left out is what a fit without it predicts.
void check_left_out(const RandomProblem& p, DrivingKernel kernel, const Prediction& at) {
  const std::int64_t n = p.y_train.rows();
  // Kernels and targets are of the order of one; the ridge bounds the condition number.
  const double tolerance = 1e4 * eps / at.ridge;
  REQUIRE(at.left_out.mean.rows() == n);
  for (std::int64_t i = 0; i < n; ++i) {
    const Prediction again = refitted(p, kernel, i, numbers(0, n, i), at.ridge);
    for (std::int64_t o = 0; o < p.y_train.cols(); ++o)
      CHECK(std::abs(at.left_out.mean(i, o) - again.mean(0, o)) < tolerance);
    if (kernel != DrivingKernel::ntk)
      CHECK(std::abs(at.left_out.variance[static_cast<std::size_t>(i)] -
                     (again.variance.front() + at.ridge)) < tolerance);
  }
  CHECK(at.left_out.variance.empty() == (kernel == DrivingKernel::ntk));
}

std::string message_of(const RandomProblem& p, const InferenceOptions& o, const Solver& solver,
                       ErrorCode code) {
  try {
    (void)infer(p.problem(), o, solver);
  } catch (const Error& e) {
    CHECK(e.code() == code);
    return e.what();
  }
  return {};
}

bool mentions(const std::string& text, const char* words) {
  return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("each ridge of a path predicts what that ridge predicts alone") {
  const RandomProblem p(14, 6, 3);
  const std::vector<double> path{1e-3, 0.1, 10, 0.02};
  for (const DrivingKernel kernel : all_driving_kernels)
    for (const Covariance covariance : {Covariance::none, Covariance::diagonal, Covariance::full}) {
      InferenceOptions o = along(kernel, path);
      o.covariance = covariance;
      const InferenceResult together = infer(p.problem(), o, lapack_solver());
      REQUIRE(together.predictions.size() == path.size());
      for (std::size_t r = 0; r < path.size(); ++r) {
        InferenceOptions alone = o;
        alone.diag_reg_path.clear();
        alone.diag_reg = path[r];
        const InferenceResult one = infer(p.problem(), alone, lapack_solver());
        const Prediction &a = together.predictions[r], &b = one.predictions.front();
        const double tolerance = 1e4 * eps / b.ridge;
        CHECK(a.diag_reg == path[r]);
        CHECK(a.ridge == b.ridge);
        CHECK(b.ridge == one.ridge);
        CHECK(distance(a.mean, b.mean) < tolerance);
        CHECK(distance(a.covariance, b.covariance) < tolerance);
        REQUIRE(a.variance.size() == (covariance == Covariance::none ? 0 : 6));
        for (std::size_t i = 0; i < a.variance.size(); ++i)
          CHECK(std::abs(a.variance[i] - b.variance[i]) < tolerance);
        CHECK(distance(a.left_out.mean, b.left_out.mean) < tolerance);
        if (kernel != DrivingKernel::ntk)
          CHECK(a.left_out.log_evidence ==
                doctest::Approx(b.left_out.log_evidence).epsilon(tolerance));
      }
    }
}

TEST_CASE("a sample left out in closed form is what a fit without it predicts") {
  const RandomProblem p(9, 2, 2);
  for (const DrivingKernel kernel : all_driving_kernels) {
    for (const Prediction& at :
         infer(p.problem(), along(kernel, {0.01, 1}), lapack_solver()).predictions)
      check_left_out(p, kernel, at);
    InferenceOptions factor = along(kernel, {});
    factor.diag_reg = 0.03;
    check_left_out(p, kernel, infer(p.problem(), factor, lapack_solver()).predictions.front());
  }
}

TEST_CASE("samples are left out without any test samples too") {
  const RandomProblem p(7, 2, 2);
  InferenceProblem train = p.problem();
  for (KernelBlocks* blocks : {&train.kernels.nngp, &train.kernels.ntk})
    *blocks = {blocks->train_train};
  InferenceOptions o = along(DrivingKernel::ntk, {0.1});
  o.predictions = false;
  const InferenceResult path = infer(train, o, lapack_solver());
  REQUIRE(path.predictions.size() == 1);
  CHECK(path.predictions.front().mean.empty());
  check_left_out(p, DrivingKernel::ntk, path.predictions.front());
  o.diag_reg_path.clear();
  o.diag_reg = 0.1;
  check_left_out(p, DrivingKernel::ntk, infer(train, o, lapack_solver()).predictions.front());
}

TEST_CASE("the evidence is the product of what each sample is given the ones before it") {
  const RandomProblem p(8, 2, 2);
  for (const DrivingKernel kernel : {DrivingKernel::nngp, DrivingKernel::ntkgp}) {
    const InferenceResult path = infer(p.problem(), along(kernel, {0.05}), lapack_solver());
    const Prediction& at = path.predictions.front();
    double log_density = 0;
    for (std::int64_t i = 0; i < 8; ++i) {
      double mean[2] = {0, 0};
      double variance = (kernel == DrivingKernel::nngp ? p.nngp : p.ntk)[0](i, i);
      if (i > 0) {
        const Prediction next = refitted(p, kernel, i, numbers(0, i), at.ridge);
        variance = next.variance.front();
        for (std::int64_t o = 0; o < 2; ++o) mean[o] = next.mean(0, o);
      }
      variance += at.ridge;
      for (std::int64_t o = 0; o < 2; ++o) {
        const double error = p.y_train(i, o) - mean[o];
        log_density -= 0.5 * (std::log(2 * std::numbers::pi * variance) + error * error / variance);
      }
    }
    CHECK(at.left_out.log_evidence == doctest::Approx(log_density).epsilon(1e4 * eps / at.ridge));
  }
}

TEST_CASE("a path takes one eigendecomposition, and a second one of the same kernel none") {
  const RandomProblem p(10, 3, 2);
  const Solver solver = lapack_solver();
  FactorisedKernel training(p.ntk[0].clone(), p.ntk[1].clone());
  InferenceProblem problem = p.problem();
  problem.kernels.ntk = {
      .test_test = &p.ntk[2], .test_diagonal = &p.ntk_diagonal, .factorised = &training};
  (void)infer(problem, along(DrivingKernel::ntk, {0.01, 0.1, 1}), solver);
  (void)infer(problem, along(DrivingKernel::ntkgp, {0.5}), solver);
  const detail::Factors& factors = training.state().factors;
  REQUIRE(factors.size() == 1);
  CHECK(factors.front()->eigen.has_value());
  CHECK_FALSE(factors.front()->factor.has_value());
}

TEST_CASE("a kernel that rounding has made indefinite is served by ridges above the rounding") {
  RandomProblem p(6, 2, 1);
  // Rank one, less a millionth of the diagonal.
  for (std::int64_t i = 0; i < 6; ++i)
    for (std::int64_t j = 0; j < 6; ++j) p.nngp[0](i, j) = 1 - (i == j ? 1e-6 : 0);
  const InferenceResult good =
      infer(p.problem(), along(DrivingKernel::nngp, {1e-3}), lapack_solver());
  check_left_out(p, DrivingKernel::nngp, good.predictions.front());
  const std::string message =
      message_of(p, along(DrivingKernel::nngp, {1e-3, 1e-7}), lapack_solver(), ErrorCode::numeric);
  CHECK(mentions(message, "not positive definite"));
  CHECK(mentions(message, "diag_reg"));
}

TEST_CASE("a ridge of a list is refused where it is refused alone, with the same numbers") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    RandomProblem p(20, 3, 1, seed);
    for (auto* kernel : {&p.nngp, &p.ntk}) {  // the last sample repeats the first
      Matrix &k = (*kernel)[0], &cross = (*kernel)[1];
      for (std::int64_t i = 0; i < 19; ++i) k(i, 19) = k(19, i) = k(0, i);
      k(19, 19) = k(0, 0);
      for (std::int64_t i = 0; i < 3; ++i) cross(i, 19) = cross(i, 0);
    }
    for (const DrivingKernel kernel : all_driving_kernels) {
      // The limit is 10 n eps = 4e-14 of the largest eigenvalue, which is up to n mean diagonals;
      // none of these ridges is within rounding of it.
      for (const double ridge : {0.0, 1e-18, 1e-16, 1e-15, 1e-11, 1e-8, 1e-3}) {
        CAPTURE(seed);
        CAPTURE(ridge);
        InferenceOptions alone = along(kernel, {});
        alone.diag_reg = ridge;
        const std::string one = message_of(p, alone, lapack_solver(), ErrorCode::numeric);
        CHECK(one.empty() == (ridge > 1e-13));
        const std::string list =
            message_of(p, along(kernel, {1e-3, ridge}), lapack_solver(), ErrorCode::numeric);
        CHECK(list.empty() == one.empty());
        if (!list.empty()) CHECK(mentions(list, "of the list: its smallest eigenvalue is "));
      }
    }
    const std::string message = message_of(p, along(DrivingKernel::ntk, {1e-18, 1e-3, 0, 1e-16}),
                                           lapack_solver(), ErrorCode::numeric);
    CHECK(mentions(message,
                   "the ntk kernel of the 20 training samples is not positive definite with "
                   "\"diag_reg\": 1e-18, 0, 1e-16 of the list: "));
    const std::string key = "Try no \"diag_reg\" below ";
    REQUIRE(mentions(message, key.c_str()));
    const double least = std::stod(message.substr(message.find(key) + key.size()));
    CHECK(least < 1e-11);
    CHECK(
        message_of(p, along(DrivingKernel::ntk, {1e-3, least}), lapack_solver(), ErrorCode::numeric)
            .empty());
    CHECK(mentions(message_of(p, along(DrivingKernel::ntk, std::vector<double>(8, 0.0)),
                              lapack_solver(), ErrorCode::numeric),
                   "0, 0, 0, 0, 0 and 3 more of the list"));
  }
}

TEST_CASE("what has no path, and what cannot take one, is refused with the reason") {
  const RandomProblem p(6, 2, 1);
  InferenceOptions o = along(DrivingKernel::ntk, {0.1});
  CHECK(mentions(message_of(p, o, lapack_solver(false), ErrorCode::usage),
                 "several ridges need an eigendecomposition"));
  o.diag_reg_path = {0.1, -1};
  CHECK(mentions(message_of(p, o, lapack_solver(), ErrorCode::usage), "at least 0"));
  o.diag_reg_path = {0.1};
  o.method = Method::gradient_descent_mse_ensemble;
  CHECK(mentions(message_of(p, o, lapack_solver(), ErrorCode::usage), "are only for gp_inference"));
}
