// The kernels in the eigenbasis of the driving kernel, where every formula for finite times is a
// sum over eigenvalues.
#pragma once

#include "base/sizes.hpp"
#include "inference/setting.hpp"

#include <cstdint>
#include <vector>

namespace widelimit::detail {

/// A = V' diag(lambda) V is the regularised driving kernel, with eigenvectors as rows of V. T is
/// its test x train block; P and K are the test x train and train x train blocks of the prior.
struct ProjectedKernels {
  const Setting* setting = nullptr;
  const Matrix* vectors = nullptr;   ///< V
  std::vector<double> values;        ///< lambda; values within `rounding` of zero are zero
  double rounding = 0;               ///< eigenvalue_rounding()
  std::vector<double> scaled_times;  ///< learning rate * time / number of targets
  Matrix c;                          ///< V (Y - f_0), [n, outputs]
  Matrix p;                          ///< T V', [m, n]; empty without test samples
  // Only for the covariance of the ntk ensemble:
  std::vector<double> prior;  ///< diagonal of V K V'
  Matrix q;                   ///< P V', [m, n]
  Matrix m;                   ///< V K V', symmetric

  [[nodiscard]] double value(std::int64_t k) const noexcept { return values[to_size(k)]; }
  [[nodiscard]] std::int64_t times() const noexcept {
    return static_cast<std::int64_t>(scaled_times.size());
  }
  /// The number of times of a block, for arrays with `rows` numbers for each time, so that memory
  /// does not grow with the number of times. At least 32 if `rows` is at most n, because products
  /// with few columns are slow and n x n matrices are larger anyway.
  [[nodiscard]] std::int64_t times_per_block(std::int64_t rows) const noexcept;
};

/// The least number of test samples that the losses process at once.
inline constexpr std::int64_t least_samples_at_once = 1024;

/// The number of stored numbers of a block of times, if there are this many finite times: decays
/// and gains of all eigenvalues with their tables, and operands and results of products.
[[nodiscard]] double time_block_numbers(const InferenceSize& size, std::int64_t times) noexcept;

[[nodiscard]] ProjectedKernels project(const Setting& setting, const Eigen& eigen);

/// Sets the variances, and the covariance if it is requested, of `out` from column j of `left` and
/// `gain` (decay.hpp; 0 and 1 / (lambda + ridge) after infinite training).
void set_covariance(const ProjectedKernels& basis, const Matrix& left, const Matrix& gain,
                    std::int64_t j, Prediction& out);

/// Predictions with their covariances at all times.
[[nodiscard]] std::vector<Prediction> predict_over_time(const ProjectedKernels& basis);
/// Losses at all times. Overwrites `m`.
[[nodiscard]] LossCurves losses_over_time(ProjectedKernels& basis);

}  // namespace widelimit::detail
