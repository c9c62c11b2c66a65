// The entry to inference: which blocks are read, which way is taken.
#include <widelimit/error.hpp>
#include <widelimit/inference.hpp>

#include "inference/at_infinity.hpp"
#include "inference/cache.hpp"
#include "inference/projected.hpp"
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

void describe(const std::vector<double>& values, InferenceResult& result) {
  result.smallest_eigenvalue = values.front();
  result.largest_eigenvalue = values.back();
  result.solve.rcond = values.back() > 0 ? std::max(values.front(), 0.0) / values.back() : 0;
  result.logdet = 0;
  for (const double v : values) result.logdet += v > 0 ? std::log(v) : nan;
}

// Rounding may take eigenvalues a little below zero; training for ever divides by every one.
void require_definite(const detail::Setting& s, const detail::Ridge& ridge,
                      const std::vector<double>& values) {
  const bool for_ever =
      std::any_of(s.times.begin(), s.times.end(), [](double t) { return std::isinf(t); });
  const double rounding = detail::rounding_of_eigenvalues(s.n, values.back());
  if (values.front() < -rounding || (for_ever && values.front() <= rounding))
    detail::throw_not_positive_definite(s.kernel_name(), s.n, ridge,
                                        {values.front(), values.back(), false}, -1);
}

void infer_over_time(const detail::Setting& s, InferenceCache::State::Entry& entry,
                     InferenceResult& result) {
  const Eigen& eigen = detail::eigen_of(entry, s);
  describe(eigen.values, result);
  require_definite(s, entry.ridge, eigen.values);
  detail::Projected basis = detail::project(s, eigen);
  if (s.options->predictions) result.predictions = detail::predict_over_time(basis);
  if (s.options->losses) result.losses = detail::losses_over_time(basis);
}

bool finite(std::span<const double> numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](double v) { return std::isfinite(v); });
}

// Kernels are not searched for NaN and infinity beforehand; whatever is wrong with them is here.
void require_finite(const InferenceResult& result) {
  bool good = true;
  for (const Prediction& p : result.predictions)
    good = good && finite(p.mean.flat()) && finite(p.variance) && finite(p.covariance.flat()) &&
           finite(p.train_mean.flat()) && finite(p.left_out.mean.flat()) &&
           finite(p.left_out.variance);
  const LossCurves& l = result.losses;
  for (const auto* curve : {&l.train_mean, &l.test_mean, &l.train_expected, &l.test_expected})
    good = good && finite(*curve);
  if (!good)
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
  const bool nngp = options.kernel == DrivingKernel::nngp;
  needs.nngp_train_train = needs.nngp_test_train = nngp;
  needs.ntk_train_train = needs.ntk_test_train = !nngp;
  if (options.covariance == Covariance::none || options.method == Method::gradient_descent_mse)
    return needs;
  if (options.kernel == DrivingKernel::ntk) needs.nngp_train_train = needs.nngp_test_train = true;
  const bool full = options.covariance == Covariance::full && options.predictions;
  const bool ntkgp = options.kernel == DrivingKernel::ntkgp;
  (ntkgp ? needs.ntk_test_test : needs.nngp_test_test) = full;
  (ntkgp ? needs.ntk_test_diagonal : needs.nngp_test_diagonal) = !full;
  return needs;
}

InferenceResult infer(const InferenceProblem& problem, const InferenceOptions& options,
                      const Solver& solver, InferenceCache* cache, Control* control) {
  const detail::Setting setting = detail::make_setting(problem, options, solver, control);
  if (needs_of(options).eigen && !solver.has_eigen())
    throw Error(
        ErrorCode::usage,
        std::string(options.diag_reg_path.empty() ? "finite times need" : "several ridges need") +
            " an eigendecomposition, which solver \"" + solver.type() +
            "\" does not offer; use \"eigh\"");
  InferenceCache alone;
  InferenceCache::State& state = (cache != nullptr ? *cache : alone).state();
  InferenceResult result;
  if (!options.diag_reg_path.empty()) {
    detail::infer_along_path(setting, state, result);
  } else {
    InferenceCache::State::Entry& entry =
        detail::entry_of(state, setting, detail::ridge_of(setting, options.diag_reg));
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
                         const Solver& solver) {
  if (kernel.empty() || kernel.rows() != kernel.cols())
    throw Error(ErrorCode::usage, "the largest learning rate is that of a square kernel");
  check_descent(y_size, momentum);
  return max_learning_rate(solver.eigenvalues(kernel.clone()).back(), y_size, momentum);
}

double max_learning_rate(double largest_eigenvalue, std::int64_t y_size, double momentum) {
  check_descent(y_size, momentum);
  return 2 * (1 + momentum) * static_cast<double>(y_size) / (largest_eigenvalue + 1e-12);
}

}  // namespace widelimit
