// Inference at t = infinity. With A the regularised driving kernel and T, P the test x train blocks
// of the driving kernel and of the prior,
//   mean       = f_0(*) + T A^-1 (Y - f_0(X))
//   covariance = P_** - P A^-1 P'                          driving kernel is the prior
//   covariance = P_** + B' K B - (B' P' + P B), B = A^-1 T'                        ntk ensemble
// (arXiv:1902.06720, equations 11, 15 and 16.)
#include "inference/at_infinity.hpp"

#include <widelimit/error.hpp>

#include "base/sizes.hpp"
#include "inference/leave_one_out.hpp"
#include "inference/losses.hpp"
#include "inference/solve_reports.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace widelimit::detail {

namespace {

// One inference. All its times are infinity, so they share all results.
class AtInfinity {
 public:
  AtInfinity(const Setting& setting, FactorEntry& entry, InferenceResult& result)
      : s_(setting), entry_(entry), result_(result), products_(setting.products()) {}

  void run() {
    const Factor& factor = factor_of(entry_, s_);
    result_.solve = factor.info();
    try {
      result_.logdet = factor.logdet(s_.control);
    } catch (const Error& e) {
      if (e.code() != ErrorCode::unsupported) throw;
      result_.logdet = std::numeric_limits<double>::quiet_NaN();
    }
    if (s_.m > 0 && !s_.times.empty() && needs_test_mean()) {
      if (s_.covariance()) covariance();
      mean();
    }
    if (s_.options->losses) losses();
    if (s_.options->leave_one_out) compute_leave_one_out();
    if (s_.options->predictions || s_.options->leave_one_out)
      for (std::size_t i = 0; i < s_.times.size(); ++i) result_.predictions.push_back(prediction());
  }

 private:
  [[nodiscard]] bool needs_test_mean() const {
    return s_.options->predictions || (s_.options->losses && s_.problem->y_test != nullptr);
  }

  void mean() {
    mean_ = s_.initial_test() != nullptr ? s_.initial_test()->clone() : Matrix(s_.m, s_.outputs);
    if (s_.covariance()) {
      products_.multiply(1, transposed(cross_solution(entry_, s_)), plain(s_.centred_targets), 1,
                         mean_);
    } else {
      Matrix alpha = s_.centred_targets.clone();
      SolveInfo info;
      factor_of(entry_, s_).solve_in_place(alpha, &info, s_.control);
      add(result_.solve, info);
      products_.multiply(1, plain(*s_.driving_blocks().test_train), plain(alpha), 1, mean_);
    }
  }

  void covariance() {
    const Matrix& b = cross_solution(entry_, s_);
    add(result_.solve, entry_.cross_solution_info);
    const bool full = s_.full_covariance() && s_.options->predictions;
    if (full) covariance_ = s_.prior_blocks().test_test->clone();
    for (std::int64_t i = 0; i < s_.m; ++i) variance_.push_back(s_.prior_variance(i));
    if (!s_.two_kernels) {
      const Matrix& cross = *s_.driving_blocks().test_train;
      if (full)
        products_.multiply_to_symmetric(-1, plain(cross), plain(b), 1, covariance_);
      else
        for (std::int64_t i = 0; i < s_.m; ++i)
          for (std::int64_t k = 0; k < s_.n; ++k) variance_[to_size(i)] -= cross(i, k) * b(k, i);
    } else {
      // B' K B - (B' P' + P B) = B' Z + Z' B with Z = K B / 2 - P'.
      Matrix z = transpose(*s_.blocks.nngp.test_train);
      products_.multiply_by_symmetric(0.5, *s_.blocks.nngp.train_train, b, -1, z);
      if (full)
        products_.add_symmetrised(transposed(b), transposed(z), covariance_);
      else
        for (std::int64_t k = 0; k < s_.n; ++k)
          for (std::int64_t i = 0; i < s_.m; ++i) variance_[to_size(i)] += 2 * b(k, i) * z(k, i);
    }
    if (full)
      for (std::int64_t i = 0; i < s_.m; ++i) variance_[to_size(i)] = covariance_(i, i);
    // Rounding may give small negative variances; callers take square roots.
    for (double& v : variance_) v = std::max(v, 0.0);
    s_.check();
  }

  void compute_leave_one_out() {
    const Factor& factor = factor_of(entry_, s_);
    Matrix alpha = s_.centred_targets.clone();
    SolveInfo info;
    factor.solve_in_place(alpha, &info, s_.control);
    add(result_.solve, info);
    const std::vector<double> diagonal = inverse_diagonal(factor, s_, result_.solve);
    leave_one_out_ = leave_one_out(s_, alpha, diagonal, result_.logdet);
  }

  [[nodiscard]] Prediction prediction() const {
    Prediction p;
    p.time = std::numeric_limits<double>::infinity();
    p.mean = mean_.clone();
    p.variance = variance_;
    p.covariance = covariance_.clone();
    p.train_mean = s_.problem->y_train->clone();
    p.left_out = {leave_one_out_.mean.clone(), leave_one_out_.variance,
                  leave_one_out_.log_evidence};
    return p;
  }

  void losses() {
    if (s_.options->method == Method::gp_inference) return;
    LossCurves& curves = result_.losses;
    curves = make_curves(s_);
    std::fill(curves.train_mean.begin(), curves.train_mean.end(), 0.0);
    std::fill(curves.train_expected.begin(), curves.train_expected.end(), 0.0);
    if (curves.test_mean.empty()) return;
    double squares = 0, variance = 0;
    const std::span<const double> f = mean_.flat(), y = s_.problem->y_test->flat();
    for (std::size_t i = 0; i < f.size(); ++i) squares += (f[i] - y[i]) * (f[i] - y[i]);
    for (const double v : variance_) variance += v;
    const double mean_loss = 0.5 * squares / static_cast<double>(f.size());
    std::fill(curves.test_mean.begin(), curves.test_mean.end(), mean_loss);
    std::fill(curves.test_expected.begin(), curves.test_expected.end(),
              mean_loss + 0.5 * variance / static_cast<double>(s_.m));
  }

  const Setting& s_;
  FactorEntry& entry_;
  InferenceResult& result_;
  Products products_;
  Matrix mean_, covariance_;
  std::vector<double> variance_;
  LeaveOneOut leave_one_out_;
};

}  // namespace

void infer_at_infinity(const Setting& setting, FactorEntry& entry, InferenceResult& result) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  result.smallest_eigenvalue = result.largest_eigenvalue = nan;
  AtInfinity(setting, entry, result).run();
}

}  // namespace widelimit::detail
