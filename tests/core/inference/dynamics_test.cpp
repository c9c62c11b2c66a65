// Training in closed form against training step by step, against its limits, and against samples.
#include <widelimit/inference.hpp>

#include "core/inference/lapack_solver.hpp"
#include "core/inference/random_problem.hpp"
#include "random/random.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace widelimit;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double eps = std::numeric_limits<double>::epsilon();

InferenceOptions options_of(Method method, DrivingKernel kernel, std::vector<double> times) {
  InferenceOptions o;
  o.method = method;
  o.kernel = kernel;
  o.times = std::move(times);
  return o;
}

struct Outputs {
  Matrix train, test;
};

// df/dt = -(rate / N) Theta (f - Y) by the midpoint rule, Theta the regularised kernel.
Outputs integrate(const RandomProblem& p, const Matrix (&kernel)[3], double ridge, double rate,
                  double time, int steps, Outputs f) {
  const std::int64_t n = p.y_train.rows(), m = p.y_test.rows(), outputs = p.y_train.cols();
  const double h = time / steps, c = rate / static_cast<double>(n * outputs);
  const auto slope = [&](const Matrix& at, std::int64_t i, std::int64_t o, bool test) {
    double sum = 0;
    for (std::int64_t j = 0; j < n; ++j)
      sum += (kernel[test ? 1 : 0](i, j) + (!test && i == j ? ridge : 0)) *
             (at(j, o) - p.y_train(j, o));
    return -c * sum;
  };
  Matrix middle(n, outputs);
  for (int s = 0; s < steps; ++s) {
    for (std::int64_t i = 0; i < n; ++i)
      for (std::int64_t o = 0; o < outputs; ++o)
        middle(i, o) = f.train(i, o) + h / 2 * slope(f.train, i, o, false);
    for (std::int64_t i = 0; i < m; ++i)
      for (std::int64_t o = 0; o < outputs; ++o) f.test(i, o) += h * slope(middle, i, o, true);
    for (std::int64_t i = 0; i < n; ++i)
      for (std::int64_t o = 0; o < outputs; ++o) f.train(i, o) += h * slope(middle, i, o, false);
  }
  return f;
}

}  // namespace

TEST_CASE("one network's outputs are the integral of gradient descent") {
  const RandomProblem p(7, 3, 2);
  for (const DrivingKernel kernel : {DrivingKernel::ntk, DrivingKernel::nngp}) {
    InferenceOptions o = options_of(Method::gradient_descent_mse, kernel, {3, 20});
    o.learning_rate = 2.5;
    o.diag_reg = 0.05;
    const InferenceResult r = infer(p.problem(), o, lapack_solver());
    const Matrix(&k)[3] = kernel == DrivingKernel::ntk ? p.ntk : p.nngp;
    Outputs f{p.f_train.clone(), p.f_test.clone()};
    double before = 0;
    for (std::size_t i = 0; i < 2; ++i) {
      // Error of the midpoint rule: (h lambda / N)^2 / 24 times the change, below 1e-7 here.
      f = integrate(p, k, r.ridge, o.learning_rate, o.times[i] - before, 20000, std::move(f));
      before = o.times[i];
      CHECK(distance(r.predictions[i].train_mean, f.train) < 1e-7);
      CHECK(distance(r.predictions[i].mean, f.test) < 1e-7);
    }
  }
}

TEST_CASE("the ensemble's mean is that of one network that starts at zero") {
  const RandomProblem p(9, 4, 3);
  InferenceProblem zero = p.problem();
  zero.initial_train = zero.initial_test = nullptr;
  for (const DrivingKernel kernel : {DrivingKernel::ntk, DrivingKernel::nngp}) {
    const std::vector<double> times{0, 1, 30, inf};
    const InferenceResult one =
        infer(zero, options_of(Method::gradient_descent_mse, kernel, times), lapack_solver());
    // Initial outputs are not an ensemble's.
    const InferenceResult all =
        infer(p.problem(), options_of(Method::gradient_descent_mse_ensemble, kernel, times),
              lapack_solver());
    for (std::size_t i = 0; i < times.size(); ++i) {
      CHECK(distance(one.predictions[i].mean, all.predictions[i].mean) == 0);
      CHECK(distance(one.predictions[i].train_mean, all.predictions[i].train_mean) == 0);
      CHECK(one.losses.train_mean[i] == all.losses.train_mean[i]);
    }
    CHECK(one.losses.train_expected.empty());
  }
}

TEST_CASE("before training nothing has happened") {
  const RandomProblem p(8, 5, 2);
  InferenceOptions o = options_of(Method::gradient_descent_mse, DrivingKernel::ntk, {0});
  const Prediction one = std::move(infer(p.problem(), o, lapack_solver()).predictions[0]);
  CHECK(distance(one.mean, p.f_test) == 0);
  CHECK(distance(one.train_mean, p.f_train) == 0);
  for (const DrivingKernel kernel : {DrivingKernel::ntk, DrivingKernel::nngp}) {
    o = options_of(Method::gradient_descent_mse_ensemble, kernel, {0});
    o.covariance = Covariance::full;
    const InferenceResult r = infer(p.problem(), o, lapack_solver());
    CHECK(distance(r.predictions[0].mean, Matrix(5, 2)) == 0);
    CHECK(distance(r.predictions[0].covariance, p.nngp[2]) == 0);
    double squares = 0, trace = 0;
    for (const double y : p.y_train.flat()) squares += y * y;
    for (std::int64_t i = 0; i < 8; ++i) trace += p.nngp[0](i, i);
    const double expected = squares / 32 + trace / 16;
    CHECK(std::abs(r.losses.train_mean[0] - squares / 32) < 100 * eps * expected);
    CHECK(std::abs(r.losses.train_expected[0] - expected) < 100 * eps * expected);
  }
}

TEST_CASE("after very long training the eigendecomposition agrees with the factor") {
  const RandomProblem p(12, 5, 2);
  for (const Method method : {Method::gradient_descent_mse_ensemble, Method::gradient_descent_mse})
    for (const DrivingKernel kernel : {DrivingKernel::ntk, DrivingKernel::nngp}) {
      // 1e6 time constants of the slowest direction, then infinity on both ways.
      InferenceOptions o = options_of(method, kernel, {1e9, inf});
      o.diag_reg = 0.01;
      if (method == Method::gradient_descent_mse_ensemble) o.covariance = Covariance::full;
      const InferenceResult eigen = infer(p.problem(), o, lapack_solver());
      o.times = {inf};
      const InferenceResult factor = infer(p.problem(), o, lapack_solver(false));
      const double tolerance = 1e3 * eps / eigen.solve.rcond;
      for (std::size_t i = 0; i < 2; ++i) {
        CHECK(distance(eigen.predictions[i].mean, factor.predictions[0].mean) < tolerance);
        CHECK(distance(eigen.predictions[i].covariance, factor.predictions[0].covariance) <
              tolerance);
        CHECK(distance(eigen.predictions[i].train_mean, p.y_train) < tolerance);
        CHECK(std::abs(eigen.losses.test_mean[i] - factor.losses.test_mean[0]) < tolerance);
        if (o.covariance == Covariance::full)
          CHECK(std::abs(eigen.losses.test_expected[i] - factor.losses.test_expected[0]) <
                tolerance);
      }
      CHECK(factor.losses.train_mean[0] == 0);
      CHECK(std::abs(eigen.logdet - factor.logdet) < 1e3 * eps);
    }
}

TEST_CASE("outputs are continuous in time, also where an eigenvalue times time is tiny") {
  const RandomProblem p(6, 3, 1);
  std::vector<double> times;
  for (double t = 1e-300; t < 1e12; t *= 4) {
    times.push_back(t);
    times.push_back(std::nextafter(t, inf));
  }
  InferenceOptions o = options_of(Method::gradient_descent_mse_ensemble, DrivingKernel::ntk, times);
  o.covariance = Covariance::diagonal;
  const InferenceResult r = infer(p.problem(), o, lapack_solver());
  for (std::size_t i = 0; i < times.size(); i += 2) {
    CHECK(distance(r.predictions[i].mean, r.predictions[i + 1].mean) < 100 * eps);
    CHECK(std::abs(r.losses.test_expected[i] - r.losses.test_expected[i + 1]) <
          100 * eps * r.losses.test_expected[i]);
  }
  // What is learnt in a short time is proportional to it: mean = Theta_* Y t / N.
  double expected = 0;
  for (std::int64_t j = 0; j < 6; ++j) expected += p.ntk[1](0, j) * p.y_train(j, 0) * times[0] / 6;
  CHECK(r.predictions[0].mean(0, 0) == doctest::Approx(expected).epsilon(1e-13));
}

TEST_CASE("losses over evenly spaced times are those of each time alone") {
  const RandomProblem p(20, 6, 2);
  std::vector<double> times;
  for (int i = 0; i < 3000; ++i) times.push_back(0.3 + 0.01 * i);
  for (const DrivingKernel kernel : {DrivingKernel::ntk, DrivingKernel::nngp}) {
    InferenceOptions o = options_of(Method::gradient_descent_mse_ensemble, kernel, times);
    o.covariance = Covariance::diagonal;
    o.learning_rate = 40;
    o.predictions = false;
    const LossCurves all = infer(p.problem(), o, lapack_solver()).losses;
    REQUIRE(all.test_expected.size() == times.size());
    for (const std::size_t i :
         {std::size_t{0}, std::size_t{511}, std::size_t{1234}, std::size_t{2999}}) {
      o.times = {times[i]};
      const LossCurves one = infer(p.problem(), o, lapack_solver()).losses;
      // Rounding of lambda tau / N, at most 100 here, is what exponentials magnify.
      const double tolerance = 200 * eps;
      CHECK(std::abs(all.train_mean[i] / one.train_mean[0] - 1) < tolerance);
      CHECK(std::abs(all.train_expected[i] / one.train_expected[0] - 1) < tolerance);
      CHECK(std::abs(all.test_mean[i] / one.test_mean[0] - 1) < tolerance);
      CHECK(std::abs(all.test_expected[i] / one.test_expected[0] - 1) < tolerance);
    }
  }
}

TEST_CASE("losses are those of the predictions") {
  const RandomProblem p(15, 7, 3);
  for (const DrivingKernel kernel : {DrivingKernel::ntk, DrivingKernel::nngp}) {
    InferenceOptions o =
        options_of(Method::gradient_descent_mse_ensemble, kernel, {0, 0.5, 7, 300, inf});
    o.covariance = Covariance::diagonal;
    o.learning_rate = 3;
    o.diag_reg = 1e-3;
    const InferenceResult r = infer(p.problem(), o, lapack_solver());
    for (std::size_t t = 0; t < o.times.size(); ++t) {
      const Prediction& f = r.predictions[t];
      double test = 0, train = 0, variance = 0;
      for (std::int64_t i = 0; i < 7 * 3; ++i)
        test += std::pow(f.mean.data()[i] - p.y_test.data()[i], 2) / 42;
      for (std::int64_t i = 0; i < 15 * 3; ++i)
        train += std::pow(f.train_mean.data()[i] - p.y_train.data()[i], 2) / 90;
      for (const double v : f.variance) variance += v / 14;
      const double tolerance = 1e3 * eps * (test + variance) / r.solve.rcond;
      CHECK(std::abs(r.losses.test_mean[t] - test) < tolerance);
      CHECK(std::abs(r.losses.train_mean[t] - train) < tolerance);
      CHECK(std::abs(r.losses.test_expected[t] - test - variance) < tolerance);
    }
  }
}

TEST_CASE("an ensemble of sampled networks has the variance of the closed form") {
  // Members: f_0 of training and test samples drawn jointly from the prior, each trained by
  // gradient_descent_mse. Sample variances of S Gaussian numbers have a standard error of
  // variance x sqrt(2 / S).
  constexpr std::int64_t samples = 20000, n = 5, m = 2;
  const RandomProblem p(n, m, 1);
  Matrix joint(n + m, n + m);
  for (std::int64_t i = 0; i < n + m; ++i)
    for (std::int64_t j = 0; j < n + m; ++j)
      joint(i, j) = i < n && j < n     ? p.nngp[0](i, j)
                    : i >= n && j >= n ? p.nngp[2](i - n, j - n)
                                       : p.nngp[1](std::max(i, j) - n, std::min(i, j));
  const Eigen e = lapack_solver().eigen(std::move(joint));
  const Matrix z = random_matrix(n + m, samples, 77);
  // One problem with a column of outputs for each member: N grows, so does the learning rate.
  Matrix f_train(n, samples), f_test(m, samples), y(n, samples);
  for (std::int64_t i = 0; i < n + m; ++i)
    for (std::int64_t s = 0; s < samples; ++s) {
      double f = 0;
      for (std::int64_t k = 0; k < n + m; ++k)
        f += e.vectors(k, i) * std::sqrt(e.values[static_cast<std::size_t>(k)]) * z(k, s);
      (i < n ? f_train(i, s) : f_test(i - n, s)) = f;
      if (i < n) y(i, s) = p.y_train(i, 0);
    }
  for (const double time : {4.0, inf}) {
    InferenceOptions o =
        options_of(Method::gradient_descent_mse_ensemble, DrivingKernel::ntk, {time});
    o.covariance = Covariance::full;
    const Prediction closed = std::move(infer(p.problem(), o, lapack_solver()).predictions[0]);
    InferenceProblem members = p.problem();
    members.y_train = &y;
    members.y_test = nullptr;
    members.initial_train = &f_train;
    members.initial_test = &f_test;
    o = options_of(Method::gradient_descent_mse, DrivingKernel::ntk, {time});
    o.learning_rate = static_cast<double>(samples);
    o.losses = false;
    const Prediction sampled = std::move(infer(members, o, lapack_solver()).predictions[0]);
    for (std::int64_t i = 0; i < m; ++i) {
      double mean = 0, variance = 0;
      for (const double f : sampled.mean.row(i)) mean += f / samples;
      for (const double f : sampled.mean.row(i))
        variance += (f - mean) * (f - mean) / (samples - 1);
      const double v = closed.variance[static_cast<std::size_t>(i)];
      CHECK(std::abs(mean - closed.mean(i, 0)) < 4 * std::sqrt(v / samples));
      CHECK(std::abs(variance - v) < 4 * v * std::sqrt(2.0 / samples));
    }
  }
}
