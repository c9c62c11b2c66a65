// Kernels that are not positive definite: forgiven where rounding explains it, refused with a
// remedy where not.
#include <widelimit/error.hpp>
#include <widelimit/factorised_kernel.hpp>
#include <widelimit/inference.hpp>

#include "core/inference/lapack_solver.hpp"
#include "core/inference/random_problem.hpp"
#include "inference/definiteness.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace widelimit;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

// A kernel whose last two training samples are one, but for `below` taken from the eigenvalue of
// their difference.
struct Repeated {
  RandomProblem p{6, 3, 1};
  explicit Repeated(double below) {
    for (auto* kernel : {&p.nngp, &p.ntk}) {
      Matrix& k = (*kernel)[0];
      for (std::int64_t j = 0; j < 5; ++j) k(5, j) = k(j, 5) = k(4, j);
      k(5, 5) = k(4, 4);
      k(5, 4) = k(4, 5) = k(4, 4);
      k(4, 4) -= below / 2;
      k(5, 5) -= below / 2;
      k(4, 5) += below / 2;
      k(5, 4) += below / 2;
      for (std::int64_t i = 0; i < 3; ++i) (*kernel)[1](i, 5) = (*kernel)[1](i, 4);
    }
    p.y_train(5, 0) = p.y_train(4, 0);
  }
};

InferenceOptions ensemble(std::vector<double> times) {
  InferenceOptions o;
  o.method = Method::gradient_descent_mse_ensemble;
  o.kernel = DrivingKernel::ntk;
  o.times = std::move(times);
  o.covariance = Covariance::diagonal;
  return o;
}

// n samples of which the last `repeats` repeat the first ones, with targets of their own.
RandomProblem with_duplicates(std::int64_t n, std::int64_t repeats, std::uint64_t seed) {
  RandomProblem p(n, 20, 1, seed);
  const std::int64_t own = n - repeats;
  for (auto* kernel : {&p.nngp, &p.ntk}) {
    Matrix &k = (*kernel)[0], &cross = (*kernel)[1];
    for (std::int64_t i = 0; i < n; ++i)
      for (std::int64_t j = own; j < n; ++j) k(i, j) = k(i, j - own);
    for (std::int64_t j = own; j < n; ++j)
      for (std::int64_t i = 0; i < n; ++i) k(j, i) = k(j - own, i);
    for (std::int64_t i = 0; i < cross.rows(); ++i)
      for (std::int64_t j = own; j < n; ++j) cross(i, j) = cross(i, j - own);
  }
  return p;
}

// The same without the repetitions, whose targets are averaged: what least squares fits.
RandomProblem merged(const RandomProblem& p, std::int64_t repeats) {
  const std::int64_t own = p.y_train.rows() - repeats;
  RandomProblem q(own, 20, 1);
  for (std::int64_t i = 0; i < own; ++i) {
    q.y_train(i, 0) = i < repeats ? (p.y_train(i, 0) + p.y_train(own + i, 0)) / 2 : p.y_train(i, 0);
    for (std::int64_t j = 0; j < own; ++j) {
      q.nngp[0](i, j) = p.nngp[0](i, j);
      q.ntk[0](i, j) = p.ntk[0](i, j);
    }
    for (std::int64_t j = 0; j < 20; ++j) {
      q.nngp[1](j, i) = p.nngp[1](j, i);
      q.ntk[1](j, i) = p.ntk[1](j, i);
    }
  }
  q.y_test = p.y_test.clone();
  q.nngp_diagonal = p.nngp_diagonal;
  q.ntk_diagonal = p.ntk_diagonal;
  return q;
}

struct Refusal {
  std::string message;
  std::int64_t pivot;
};
Refusal refusal(const RandomProblem& p, const InferenceOptions& o, const Solver& s) {
  try {
    (void)infer(p.problem(), o, s);
  } catch (const Error& e) {
    CHECK(e.code() == ErrorCode::numeric);
    return {e.what(), e.facts().index};
  }
  return {"", -2};
}

double suggested(const std::string& message) {
  const std::string key = "\"diag_reg\": ";
  const std::size_t at = message.find(key);
  REQUIRE(at != std::string::npos);
  return std::stod(message.substr(at + key.size()));
}

}  // namespace

TEST_CASE("a direction that the kernel does not see stays as it was") {
  // Equal samples with unequal targets: the mean of both is learnt, their difference never.
  Repeated r(0);
  r.p.y_train(4, 0) = 1;
  r.p.y_train(5, 0) = 3;
  const InferenceResult late = infer(r.p.problem(), ensemble({1e6}), lapack_solver());
  CHECK(std::abs(late.predictions[0].train_mean(4, 0) - 2) < 1e-9);
  CHECK(std::abs(late.predictions[0].train_mean(5, 0) - 2) < 1e-9);
  CHECK(late.losses.train_mean[0] == doctest::Approx(1.0 / 6).epsilon(1e-9));
  CHECK(std::isfinite(late.losses.test_expected[0]));
}

TEST_CASE("an eigenvalue that rounding took below zero counts as zero") {
  // 1e-15 is five units of rounding of the kernel's entries.
  const InferenceResult exact = infer(Repeated(0).p.problem(), ensemble({3, 1e3}), lapack_solver());
  const InferenceResult rounded =
      infer(Repeated(1e-15).p.problem(), ensemble({3, 1e3}), lapack_solver());
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(distance(exact.predictions[i].mean, rounded.predictions[i].mean) < 1e-11);
    CHECK(std::abs(exact.losses.test_expected[i] - rounded.losses.test_expected[i]) < 1e-11);
  }
}

TEST_CASE("a kernel of zeros teaches nothing") {
  RandomProblem p(4, 2, 1);
  for (Matrix& block : p.ntk) block = Matrix(block.rows(), block.cols());
  const InferenceResult r = infer(p.problem(), ensemble({5}), lapack_solver());
  CHECK(distance(r.predictions[0].mean, Matrix(2, 1)) == 0);
  CHECK(r.predictions[0].variance == p.nngp_diagonal);
}

TEST_CASE("training for ever on a singular kernel is refused with a ridge that works") {
  const Repeated r(0);
  const Refusal e = refusal(r.p, ensemble({1, inf}), lapack_solver());
  CHECK(e.pivot == -1);
  CHECK(e.message.find("the ntk kernel of the 6 training samples is not positive definite") == 0);
  InferenceOptions o = ensemble({1, inf});
  o.diag_reg = suggested(e.message);
  CHECK(o.diag_reg < 1e-11);
  CHECK_NOTHROW((void)infer(r.p.problem(), o, lapack_solver()));
}

TEST_CASE("whether a singular kernel is refused does not depend on the sign of rounding") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed)
    for (const std::int64_t repeats : {1, 5}) {
      CAPTURE(seed);
      CAPTURE(repeats);
      const RandomProblem p = with_duplicates(40, repeats, seed);
      for (const std::vector<double>& times : {std::vector{inf}, std::vector{1, inf}}) {
        const Refusal e = refusal(p, ensemble(times), lapack_solver());
        CHECK(e.message.find("not positive definite") != std::string::npos);
        InferenceOptions o = ensemble(times);
        o.diag_reg = suggested(e.message);
        CHECK(o.diag_reg < 1e-11);
        CHECK_NOTHROW((void)infer(p.problem(), o, lapack_solver()));
      }
    }
}

TEST_CASE("what is ill-conditioned beyond rounding is answered by either solver") {
  // Smallest over largest eigenvalue about 3e-12, thirty times the rounding of 40 samples.
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const RandomProblem p = with_duplicates(40, 1, seed);
    InferenceOptions o = ensemble({inf});
    o.diag_reg = 1e-11;
    CHECK_NOTHROW((void)infer(p.problem(), o, lapack_solver()));
    o.times = {1, inf};
    CHECK_NOTHROW((void)infer(p.problem(), o, lapack_solver()));
  }
}

TEST_CASE("very long training on repeated samples comes to rest where least squares does") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    CAPTURE(seed);
    constexpr std::int64_t repeats = 10;
    const RandomProblem p = with_duplicates(60, repeats, seed), q = merged(p, repeats);
    for (const DrivingKernel kernel : {DrivingKernel::ntk, DrivingKernel::nngp}) {
      InferenceOptions o = ensemble({1e12, 1e15, 1e18, 1e20, 1e300});
      o.kernel = kernel;
      const InferenceResult late = infer(p.problem(), o, lapack_solver());
      o.times = {inf};
      const InferenceResult rest = infer(q.problem(), o, lapack_solver());
      for (std::size_t i = 0; i < 5; ++i) {
        CAPTURE(late.predictions[i].time);
        // The gain of the null space ends at 1 / (10 n eps lambda_max): times projections of a few
        // eps, ten of them, and targets of order 1.
        CHECK(distance(late.predictions[i].mean, rest.predictions[0].mean) < 0.01);
        CHECK(std::abs(late.losses.test_mean[i] - rest.losses.test_mean[0]) < 0.01);
        CHECK(std::abs(late.losses.test_expected[i] - rest.losses.test_expected[0]) < 0.01);
      }
    }
  }
}

TEST_CASE("a kernel of zeros is called one, with a ridge that works") {
  RandomProblem p(4, 2, 1);
  for (Matrix& block : p.ntk) block = Matrix(block.rows(), block.cols());
  for (const std::vector<double>& times : {std::vector{inf}, std::vector{1, inf}}) {
    const Refusal e = refusal(p, ensemble(times), lapack_solver());
    CHECK(e.message.find("zero everywhere") != std::string::npos);
    InferenceOptions o = ensemble(times);
    o.diag_reg = suggested(e.message);
    o.diag_reg_absolute_scale = true;
    CHECK_NOTHROW((void)infer(p.problem(), o, lapack_solver()));
  }
}

TEST_CASE("a kernel that is clearly indefinite is refused at any time, with a ridge that works") {
  const Repeated r(1e-3);  // smallest eigenvalue -1e-3
  for (const bool factor : {false, true}) {
    InferenceOptions o = ensemble({factor ? inf : 2.0});
    const Refusal e = refusal(r.p, o, lapack_solver(!factor));
    CHECK(e.pivot == (factor ? 6 : -1));
    if (factor) CHECK(e.message.find("leading minor 6") != std::string::npos);
    CHECK(e.message.find("smallest eigenvalue is -0.001,") != std::string::npos);
    o.diag_reg = suggested(e.message);
    CHECK(o.diag_reg < 0.01);
    CHECK_NOTHROW((void)infer(r.p.problem(), o, lapack_solver(!factor)));
    o.diag_reg = 1e-5;
    o.diag_reg_absolute_scale = true;
    const Refusal again = refusal(r.p, o, lapack_solver(!factor));
    CHECK(again.message.find("with 1e-05 added to its diagonal") != std::string::npos);
    CHECK(again.message.find("(absolute)") != std::string::npos);
    o.diag_reg = suggested(again.message);
    CHECK_NOTHROW((void)infer(r.p.problem(), o, lapack_solver(!factor)));
  }
}

TEST_CASE("a factorised kernel is refused in the scale of the ridge that each inference states") {
  const Repeated r(1e-3);
  FactorisedKernel training(r.p.ntk[0].clone(), r.p.ntk[1].clone());
  InferenceProblem problem = r.p.problem();
  problem.kernels.ntk = {.test_diagonal = &r.p.ntk_diagonal, .factorised = &training};
  const Solver solver = lapack_solver(false);
  InferenceOptions o = ensemble({inf});  // without a ridge, which is 0 in both scales
  for (const bool absolute : {false, true}) {
    o.diag_reg_absolute_scale = absolute;
    try {
      (void)infer(problem, o, solver);
      FAIL("accepted");
    } catch (const Error& e) {
      CHECK((std::string(e.what()).find("(absolute)") != std::string::npos) == absolute);
    }
  }
}

TEST_CASE("a kernel that is not finite is an error, never a prediction that is not a number") {
  RandomProblem p(4, 2, 1);
  p.ntk[1](1, 2) = std::nan("");
  CHECK(refusal(p, ensemble({2}), lapack_solver()).message.find("not finite") != std::string::npos);
  p = RandomProblem(4, 2, 1);
  p.ntk[0](2, 2) = inf;
  CHECK(refusal(p, ensemble({2}), lapack_solver()).message.find("not finite") != std::string::npos);
}

TEST_CASE("eigenvalues of a large kernel are estimated, and the message says so") {
  constexpr std::int64_t n = 5001;
  Matrix a(n, n);
  // A spectrum from 1 to 2 with one outlier on either side.
  for (std::int64_t i = 0; i < n; ++i)
    a(i, i) = 1 + static_cast<double>(i) / static_cast<double>(n - 1);
  a(17, 17) = -0.25;
  a(18, 18) = 5;
  const detail::Extremes e = detail::extreme_eigenvalues(std::move(a), 0, nullptr);
  CHECK(e.estimated);
  CHECK(e.smallest == doctest::Approx(-0.25).epsilon(1e-9));
  CHECK(e.largest == doctest::Approx(5).epsilon(1e-9));
  try {
    detail::throw_not_positive_definite(Kernel::ntk, n, {0, 1.5, false}, e, 18);
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find("at most (Lanczos estimate) -0.25") != std::string::npos);
  }
}
