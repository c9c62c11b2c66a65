// Checks of what a caller hands to inference.
#include "inference/setting.hpp"

#include <widelimit/error.hpp>

#include "text/numbers.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>

namespace widelimit::detail {

namespace {

[[noreturn]] void refuse(const std::string& message) { throw Error(ErrorCode::usage, message); }

void expect_shape(const Matrix& m, std::int64_t rows, std::int64_t cols, const std::string& name) {
  if (m.rows() != rows || m.cols() != cols)
    refuse(name + " is " + shape_text(m.rows(), m.cols()) + "; expected " + shape_text(rows, cols));
}

void expect_finite(const Matrix& m, const std::string& name) {
  for (std::int64_t i = 0; i < m.rows(); ++i)
    for (const double v : m.row(i))
      if (!std::isfinite(v))
        refuse(name + " has an entry that is not finite in row " + std::to_string(i + 1));
}

const Matrix& required(const Matrix* m, const std::string& name) {
  if (m == nullptr) refuse("this inference reads " + name + ", which was not given");
  return *m;
}

void check_options(const InferenceOptions& o) {
  if (!std::isfinite(o.learning_rate) || o.learning_rate <= 0)
    refuse("the learning rate must be a number above 0");
  if (!std::isfinite(o.diag_reg) || o.diag_reg < 0)
    refuse("diag_reg must be a number of at least 0");
  if (o.method != Method::gp_inference && o.kernel == KernelKind::ntkgp)
    refuse("the kernel ntkgp is for gp_inference; gradient descent takes ntk or nngp");
  if (o.method == Method::gradient_descent_mse && o.covariance != Covariance::none)
    refuse(
        "one network from given initial outputs has no covariance: leave it out, or ask for "
        "gradient_descent_mse_ensemble");
  for (const double t : o.times)
    if (!(t >= 0)) refuse("times must be at least 0, or infinity");
  for (const double ridge : o.diag_reg_path)
    if (!std::isfinite(ridge) || ridge < 0) refuse("every diag_reg must be a number of at least 0");
  if (o.method != Method::gp_inference && (o.leave_one_out || !o.diag_reg_path.empty()))
    refuse("several ridges and leave_one_out are for gp_inference");
}

void check_test_covariance(const Setting& s, const std::string& prior) {
  const KernelBlocks& k = *s.prior;
  const InferenceNeeds needs = needs_of(*s.options);
  if (needs.nngp_test_test || needs.ntk_test_test)
    expect_shape(required(k.test_test, "the test x test block of the " + prior + " kernel"), s.m,
                 s.m, "the test x test block of the " + prior + " kernel");
  else if (k.test_diagonal == nullptr && k.test_test == nullptr)
    refuse("this inference reads the diagonal of the test x test block of the " + prior +
           " kernel, which was not given");
  if (k.test_diagonal != nullptr && static_cast<std::int64_t>(k.test_diagonal->size()) != s.m)
    refuse("the diagonal of the test x test block of the " + prior + " kernel has " +
           std::to_string(k.test_diagonal->size()) + " entries; expected " + std::to_string(s.m));
  if (s.mixed)
    expect_shape(required(k.test_train, "the test x train block of the nngp kernel"), s.m, s.n,
                 "the test x train block of the nngp kernel");
}

Matrix difference(const Matrix& y, const Matrix* f0) {
  Matrix d = y.clone();
  if (f0 != nullptr)
    std::transform(d.flat().begin(), d.flat().end(), f0->flat().begin(), d.flat().begin(),
                   std::minus<>());
  return d;
}

}  // namespace

Setting make_setting(const InferenceProblem& problem, const InferenceOptions& options,
                     const Solver& solver, Control* control) {
  check_options(options);
  Setting s;
  s.problem = &problem;
  s.options = &options;
  s.solver = &solver;
  s.control = control;
  s.drive = options.kernel == KernelKind::nngp ? &problem.nngp : &problem.ntk;
  s.prior = options.kernel == KernelKind::ntkgp ? &problem.ntk : &problem.nngp;
  s.mixed = options.kernel == KernelKind::ntk;
  if (options.method == Method::gp_inference)
    s.times = {std::numeric_limits<double>::infinity()};
  else
    s.times = options.times;

  const std::string driver(s.kernel_name());
  const Matrix& y = required(problem.y_train, "the training targets");
  const Matrix& k =
      required(s.drive->train_train, "the train x train block of the " + driver + " kernel");
  s.n = y.rows();
  s.outputs = y.cols();
  if (y.empty()) refuse("inference needs at least one training sample and one output");
  expect_shape(k, s.n, s.n, "the train x train block of the " + driver + " kernel");
  expect_finite(y, "y_train");
  if (s.drive->test_train != nullptr) {
    s.m = s.drive->test_train->rows();
    expect_shape(*s.drive->test_train, s.m, s.n,
                 "the test x train block of the " + driver + " kernel");
  }
  if (s.mixed && s.covariance())
    expect_shape(required(problem.nngp.train_train, "the train x train block of the nngp kernel"),
                 s.n, s.n, "the train x train block of the nngp kernel");
  if (s.m > 0 && s.covariance()) check_test_covariance(s, s.prior == &problem.ntk ? "ntk" : "nngp");
  if (problem.y_test != nullptr && s.m > 0) {
    expect_shape(*problem.y_test, s.m, s.outputs, "y_test");
    expect_finite(*problem.y_test, "y_test");
  }
  if (const Matrix* f = s.initial_train(); f != nullptr) {
    expect_shape(*f, s.n, s.outputs, "the initial outputs of the training samples");
    expect_finite(*f, "initial_train");
  }
  if (const Matrix* f = s.initial_test(); f != nullptr && s.m > 0) {
    expect_shape(*f, s.m, s.outputs, "the initial outputs of the test samples");
    expect_finite(*f, "initial_test");
  }
  s.to_learn = difference(y, s.initial_train());
  return s;
}

}  // namespace widelimit::detail
