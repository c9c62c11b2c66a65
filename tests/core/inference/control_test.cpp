// Cancellation of inference at each of its reports.
#include "core/control.hpp"
#include "core/inference/lapack_solver.hpp"
#include "core/inference/random_problem.hpp"

#include <widelimit/streamed.hpp>

#include "inference/definiteness.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace widelimit;
using namespace widelimit::test;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

// After the last report nothing is left to stop.
template <class Call>
void check_every_report(const Call& call) {
  Control control;
  control.cancel();
  CHECK(is_cancelled(call, control));
  const int reports = reports_of(call);
  CHECK(reports > 2);
  for (int report = 0; report + 1 < reports; ++report) {
    CAPTURE(report);
    CHECK(stops_at(report, call));
  }
}

}  // namespace

TEST_CASE("an inference stops at whichever report it is cancelled") {
  const RandomProblem p(12, 300, 2);
  for (const Method method : {Method::gp_inference, Method::gradient_descent_mse_ensemble})
    for (const DrivingKernel kernel : {DrivingKernel::nngp, DrivingKernel::ntk})
      for (const double last : {3.0, inf}) {
        InferenceOptions options;
        options.method = method;
        options.kernel = kernel;
        options.covariance = Covariance::diagonal;
        options.diag_reg = 0.01;
        if (method != Method::gp_inference) options.times = {last, inf};
        check_every_report(
            [&](Control* c) { (void)infer(p.problem(), options, lapack_solver(), c); });
        options.covariance = Covariance::none;
        check_every_report(
            [&](Control* c) { (void)infer(p.problem(), options, lapack_solver(), c); });
      }
}

TEST_CASE("a path of ridges and leaving one out stop at whichever report they are cancelled") {
  const RandomProblem p(12, 5, 2);
  InferenceOptions options;
  options.leave_one_out = true;
  options.diag_reg = 0.01;
  const auto call = [&](Control* c) { (void)infer(p.problem(), options, lapack_solver(), c); };
  check_every_report(call);
  options.diag_reg_path = {0.01, 0.1};
  check_every_report(call);
  CHECK(reports_of(call, "ridges") > 0);
}

TEST_CASE("inference from kernels on disk stops at whichever report it is cancelled") {
  const RandomProblem p(12, 300, 2);
  const MatrixSource train(p.nngp[0]), test(p.nngp[1]);
  InferenceOptions options;
  options.covariance = Covariance::diagonal;
  options.diag_reg = 0.01;
  const auto call = [&](Control* c) {
    (void)infer_streamed({.train_train = &train,
                          .test_train = &test,
                          .test_diagonal = &p.nngp_diagonal,
                          .y_train = &p.y_train},
                         options, lapack_solver(), c);
  };
  check_every_report(call);
  CHECK(reports_of(call, "predictions") == 3);
}

TEST_CASE("the largest learning rate can be cancelled") {
  const RandomProblem p(12, 3, 2);
  check_control("eigenvalues",
                [&](Control* c) { (void)max_learning_rate(p.ntk[0], 24, 0, lapack_solver(), c); });
}

TEST_CASE("estimates of eigenvalues report steps of Lanczos and stop between them") {
  const RandomProblem p(40, 3, 1);
  const Factor factor = lapack_solver().factorise(p.nngp[0].clone());
  const auto call = [&](Control* c) {
    (void)detail::extremes_by_factor(p.nngp[0], 0, factor, 1, c);
  };
  CHECK(reports_of(call, "eigenvalues") == 48);  // 24 of each end
  for (const int report : {0, 7, 23, 24, 40}) CHECK(stops_at(report, call));
}
