// The worked example: two training samples, one test sample, two outputs, numbers known to eight
// digits from an independent implementation.
#include <widelimit/inference.hpp>

#include "core/inference/lapack_solver.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

using namespace widelimit;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double digits = 0.51e-8;  // the numbers are rounded to eight decimals

struct Example {
  Matrix theta{{2, .5}, {.5, 1}}, k{{1, .3}, {.3, .8}};
  Matrix theta_test{{.7, .4}}, k_test{{.5, .2}}, k_test_test{{.9}}, theta_test_test{{1.5}};
  Matrix y{{1, -1}, {.5, 2}};
  Matrix f_train{{.1, .2}, {-.1, 0}}, f_test{{.05, -.05}};
  InferenceProblem problem;
  InferenceOptions options;
  Solver solver = lapack_solver();

  Example() {
    problem.kernels.nngp = {&k, &k_test, &k_test_test, nullptr};
    problem.kernels.ntk = {&theta, &theta_test, &theta_test_test, nullptr};
    problem.y_train = &y;
    options.learning_rate = .3;
    options.covariance = Covariance::full;
  }

  Prediction at(double time) {
    options.times = {time};
    return std::move(infer(problem, options, solver).predictions.at(0));
  }
};

void check_matrix(const Matrix& got, const Matrix& expected) {
  REQUIRE(got.rows() == expected.rows());
  REQUIRE(got.cols() == expected.cols());
  for (std::int64_t i = 0; i < got.rows(); ++i)
    for (std::int64_t j = 0; j < got.cols(); ++j)
      CHECK(std::abs(got(i, j) - expected(i, j)) <= digits);
}

}  // namespace

TEST_CASE("one network from given initial outputs follows the worked example") {
  Example e;
  e.options.method = Method::gradient_descent_mse;
  e.options.kernel = DrivingKernel::ntk;
  e.options.covariance = Covariance::none;
  e.problem.initial_train = &e.f_train;
  e.problem.initial_test = &e.f_test;
  const Prediction p = e.at(5);
  check_matrix(p.train_mean, {{.63119727, -.20560920}, {.17846806, .47424611}});
  check_matrix(p.mean, {{.27337672, -.04393934}});
  const Prediction end = e.at(inf);
  check_matrix(end.mean, {{.46142857, .12142857}});
  check_matrix(end.train_mean, e.y);
}

TEST_CASE("the ridge is relative to the mean diagonal, or absolute") {
  Example e;
  e.options.method = Method::gradient_descent_mse;
  e.options.kernel = DrivingKernel::ntk;
  e.options.covariance = Covariance::none;
  e.options.diag_reg = .1;
  check_matrix(e.at(inf).mean, {{.38695163, .18672666}});
  CHECK(infer(e.problem, e.options, e.solver).ridge == doctest::Approx(.15).epsilon(1e-15));
  e.options.diag_reg_absolute_scale = true;
  check_matrix(e.at(inf).mean, {{.39563107, .19902913}});
  CHECK(infer(e.problem, e.options, e.solver).ridge == .1);
}

TEST_CASE("the infinite ensemble under the NTK follows the worked example") {
  Example e;
  e.options.method = Method::gradient_descent_mse_ensemble;
  e.options.kernel = DrivingKernel::ntk;
  const Prediction p = e.at(5);
  check_matrix(p.mean, {{.23010729, .04122868}});
  check_matrix(p.covariance, {{.73254048}});
  CHECK(p.variance.at(0) == p.covariance(0, 0));
  const Prediction end = e.at(inf);
  check_matrix(end.mean, {{.41428571, .22857143}});
  check_matrix(end.covariance, {{.69004082}});
}

TEST_CASE("the infinite ensemble under the NNGP follows the worked example") {
  Example e;
  e.options.method = Method::gradient_descent_mse_ensemble;
  e.options.kernel = DrivingKernel::nngp;
  const Prediction p = e.at(5);
  check_matrix(p.mean, {{.18150782, -.04035438}});
  check_matrix(p.covariance, {{.75537505}});
  const Prediction end = e.at(inf);
  check_matrix(end.mean, {{.51408451, -.33802817}});
  check_matrix(end.covariance, {{.64647887}});
}

TEST_CASE("the covariance on the training set is that of a test set of the same samples") {
  Example e;
  e.options.method = Method::gradient_descent_mse_ensemble;
  e.options.kernel = DrivingKernel::ntk;
  e.problem.kernels.ntk.test_train = &e.theta;
  e.problem.kernels.nngp.test_train = e.problem.kernels.nngp.test_test = &e.k;
  check_matrix(e.at(5).covariance, {{.21026834, -.00803641}, {-.00803641, .35620215}});
  e.options.kernel = DrivingKernel::nngp;
  check_matrix(e.at(5).covariance, {{.45030679, .05298961}, {.05298961, .41498038}});
}

TEST_CASE("expected training losses are those of mean and covariance of the worked example") {
  // Mean variances on the training set from the example's covariances, training means from E(tau) Y
  // (equation 14 of arXiv:1902.06720); the loss of the mean is recomputed from the prediction.
  const double mean_variance[] = {(.21026834 + .35620215) / 2, (.45030679 + .41498038) / 2};
  const DrivingKernel kinds[] = {DrivingKernel::ntk, DrivingKernel::nngp};
  for (int i = 0; i < 2; ++i) {
    Example e;
    e.options.method = Method::gradient_descent_mse_ensemble;
    e.options.kernel = kinds[i];
    e.options.times = {5};
    const InferenceResult r = infer(e.problem, e.options, e.solver);
    double squares = 0;
    for (std::int64_t j = 0; j < 4; ++j) {
      const double d = r.predictions.at(0).train_mean.flat()[static_cast<std::size_t>(j)] -
                       e.y.flat()[static_cast<std::size_t>(j)];
      squares += d * d;
    }
    CHECK(r.losses.train_mean.at(0) == doctest::Approx(squares / 8).epsilon(1e-14));
    CHECK(std::abs(r.losses.train_expected.at(0) - squares / 8 - mean_variance[i] / 2) <= digits);
    CHECK(r.losses.test_mean.empty());
  }
}

TEST_CASE("GP inference with the NTK as covariance follows the worked example") {
  Example e;
  e.options.method = Method::gp_inference;
  e.options.kernel = DrivingKernel::ntkgp;
  const InferenceResult r = infer(e.problem, e.options, e.solver);
  check_matrix(r.predictions.at(0).covariance, {{1.19714286}});
  check_matrix(r.predictions.at(0).mean, {{.41428571, .22857143}});
  CHECK(r.losses.time.empty());
  // det [[2, .5], [.5, 1]] = 7/4
  CHECK(r.logdet == doctest::Approx(std::log(1.75)).epsilon(1e-15));
}

TEST_CASE("GP inference is the ensemble at infinite time") {
  for (const DrivingKernel kind : {DrivingKernel::nngp, DrivingKernel::ntk}) {
    Example e;
    e.options.method = Method::gp_inference;
    e.options.kernel = kind;
    const Prediction gp = e.at(0);  // times are not read
    e.options.method = Method::gradient_descent_mse_ensemble;
    const Prediction end = e.at(inf);
    CHECK(gp.time == inf);
    CHECK(gp.mean(0, 0) == end.mean(0, 0));
    CHECK(gp.covariance(0, 0) == end.covariance(0, 0));
  }
}

TEST_CASE("the largest learning rate follows the worked example") {
  const Example e;
  CHECK(std::abs(max_learning_rate(e.theta, 4, 0, e.solver) - 3.62465471) <= digits);
  CHECK(std::abs(max_learning_rate(e.theta, 4, .9, e.solver) - 6.88684396) <= digits);
}
