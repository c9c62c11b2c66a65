// infer(): checks the problem, chooses the algorithm, and states its needs and costs.
#include <widelimit/error.hpp>
#include <widelimit/inference.hpp>

#include "inference/at_infinity.hpp"
#include "inference/factors.hpp"
#include "inference/leave_one_out.hpp"
#include "inference/projected_kernels.hpp"
#include "inference/ridge_path.hpp"
#include "inference/setting.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace widelimit {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

bool has_finite_time(const InferenceOptions& options) {
  return options.method != Method::gp_inference &&
         std::any_of(options.times.begin(), options.times.end(),
                     [](double t) { return std::isfinite(t); });
}

void set_spectrum(const std::vector<double>& values, InferenceResult& result) {
  result.smallest_eigenvalue = values.front();
  result.largest_eigenvalue = values.back();
  result.solve.rcond = values.back() > 0 ? std::max(values.front(), 0.0) / values.back() : 0;
  result.logdet = 0;
  for (const double v : values) result.logdet += v > 0 ? std::log(v) : nan;
}

// Rounding may make eigenvalues slightly negative. Infinite training divides by every eigenvalue,
// so they must be above rounding.
void require_definite(const detail::Setting& s, const detail::Ridge& ridge,
                      const std::vector<double>& values) {
  const bool infinite =
      std::any_of(s.times.begin(), s.times.end(), [](double t) { return std::isinf(t); });
  const double rounding = detail::eigenvalue_rounding(s.n, values.back());
  if (values.front() < -rounding ||
      (infinite && !detail::above_rounding(s.n, values.front(), values.back())))
    detail::throw_not_positive_definite(s.driving_kernel, s.n, ridge,
                                        {values.front(), values.back(), false}, -1);
}

void infer_over_time(const detail::Setting& s, detail::FactorEntry& entry,
                     InferenceResult& result) {
  const Eigen& eigen = detail::eigen_of(entry, s);
  set_spectrum(eigen.values, result);
  require_definite(s, entry.ridge, eigen.values);
  detail::ProjectedKernels basis = detail::project(s, eigen);
  if (s.options->predictions) result.predictions = detail::predict_over_time(basis);
  if (s.options->losses) result.losses = detail::losses_over_time(basis);
}

bool all_finite(std::span<const double> numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](double v) { return std::isfinite(v); });
}

// Checks results instead of kernels: a NaN or infinity in a kernel reaches the results.
void require_finite(const InferenceResult& result) {
  bool ok = true;
  for (const Prediction& p : result.predictions)
    ok = ok && all_finite(p.mean.flat()) && all_finite(p.variance) &&
         all_finite(p.covariance.flat()) && all_finite(p.train_mean.flat()) &&
         all_finite(p.left_out.mean.flat()) && all_finite(p.left_out.variance);
  const LossCurves& l = result.losses;
  for (const auto* curve : {&l.train_mean, &l.test_mean, &l.train_expected, &l.test_expected})
    ok = ok && all_finite(*curve);
  if (!ok)
    throw Error(ErrorCode::numeric,
                "a prediction or loss is not a finite number: a kernel has entries that are not "
                "finite, or targets and kernel are of such size that the result overflows");
}

void check_descent(std::int64_t y_size, double momentum) {
  if (y_size <= 0) throw Error(ErrorCode::usage, "the number of targets must be at least 1");
  if (!(momentum >= 0 && momentum < 1))
    throw Error(ErrorCode::usage, "momentum must be at least 0 and below 1");
}

}  // namespace

InferenceNeeds needs_of(const InferenceOptions& options) {
  InferenceNeeds needs;
  needs.eigen = has_finite_time(options) || !options.diag_reg_path.empty();
  PerBlock<bool>& driving = needs.blocks[kernel_of(options.kernel)];
  driving.train_train = driving.test_train = true;
  if (options.covariance == Covariance::none || options.method == Method::gradient_descent_mse)
    return needs;
  if (options.kernel == DrivingKernel::ntk)
    needs.blocks.nngp.train_train = needs.blocks.nngp.test_train = true;
  const bool full = options.covariance == Covariance::full && options.predictions;
  const Kernel prior = options.kernel == DrivingKernel::ntkgp ? Kernel::ntk : Kernel::nngp;
  needs.blocks[prior].test_test = full;
  needs.test_diagonal[prior] = !full;
  return needs;
}

std::int64_t prediction_count(const InferenceOptions& options) {
  return std::max<std::int64_t>({std::ssize(options.times), std::ssize(options.diag_reg_path), 1});
}

// Memory: at finite times three matrices for the eigendecomposition, then the test x train block in
// the eigenbasis. A covariance needs the test x train block, its solution and their product. Each
// prediction has means of training and test samples.
InferenceCost cost_of_inference(const InferenceOptions& options, const InferenceSize& size) {
  constexpr double f64 = sizeof(double);
  const auto n = static_cast<double>(size.train), m = static_cast<double>(size.test),
             outputs = static_cast<double>(size.outputs);
  const bool eigen = needs_of(options).eigen;
  const bool covariance = options.covariance != Covariance::none;
  const double predictions = options.predictions || options.leave_one_out
                                 ? static_cast<double>(prediction_count(options))
                                 : 0;
  InferenceCost cost;
  cost.factor_bytes = f64 * n * n;
  const double crosses = covariance ? 3 : eigen ? 1 : 0;
  double work = f64 * (crosses * n * m + (predictions + 2) * outputs * (n + m));
  if (options.leave_one_out) work += f64 * predictions * detail::leave_one_out_numbers(size);
  if (eigen) work += f64 * detail::time_block_numbers(size, std::ssize(options.times));
  if (options.losses && covariance) work += f64 * n * n;
  if (options.covariance == Covariance::full) work += 2 * f64 * (predictions + 1) * m * m;
  cost.working_bytes = eigen ? std::max(f64 * 3 * n * n, work) : work;
  cost.flops =
      eigen ? eigen_flops(size.train) + 3 * n * n * m : factor_flops(size.train) + 2 * n * n * m;
  return cost;
}

InferenceResult infer(const InferenceProblem& problem, const InferenceOptions& options,
                      const Solver& solver, Control* control) {
  const detail::Setting setting = detail::make_setting(problem, options, solver, control);
  if (needs_of(options).eigen && !solver.has_eigen())
    throw Error(
        ErrorCode::usage,
        std::string(options.diag_reg_path.empty() ? "finite times need" : "several ridges need") +
            " an eigendecomposition, which solver \"" + solver.type() +
            "\" does not offer; use \"eigh\"");
  detail::Factors local;
  FactorisedKernel* const shared = setting.driving_blocks().factorised;
  detail::Factors& factors = shared != nullptr ? shared->state().factors : local;
  InferenceResult result;
  if (!options.diag_reg_path.empty()) {
    detail::infer_along_path(setting, factors, result);
  } else {
    detail::FactorEntry& entry =
        detail::entry_of(factors, setting, detail::ridge_of(setting, options.diag_reg));
    result.ridge = entry.ridge.absolute;
    if (has_finite_time(options))
      infer_over_time(setting, entry, result);
    else
      detail::infer_at_infinity(setting, entry, result);
    for (Prediction& p : result.predictions) {
      p.diag_reg = options.diag_reg;
      p.ridge = result.ridge;
    }
  }
  require_finite(result);
  return result;
}

double max_learning_rate(const Matrix& kernel, std::int64_t y_size, double momentum,
                         const Solver& solver, Control* control) {
  if (kernel.empty() || kernel.rows() != kernel.cols())
    throw Error(ErrorCode::usage, "the largest learning rate needs a square kernel");
  check_descent(y_size, momentum);
  return max_learning_rate(solver.eigenvalues(kernel.clone(), control).back(), y_size, momentum);
}

double max_learning_rate(double largest_eigenvalue, std::int64_t y_size, double momentum) {
  check_descent(y_size, momentum);
  return 2 * (1 + momentum) * static_cast<double>(y_size) / (largest_eigenvalue + 1e-12);
}

}  // namespace widelimit
