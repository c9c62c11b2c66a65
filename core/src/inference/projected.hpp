// The kernels in the eigenbasis of the one that drives training: there every formula of finite
// times is a sum over eigenvalues.
#pragma once

#include "inference/setting.hpp"

#include <cstdint>
#include <vector>

namespace widelimit::detail {

/// With A = V' diag(lambda) V the regularised kernel, eigenvectors as rows of V, T its and P the
/// prior's test x train block, K the prior's train x train block:
struct Projected {
  const Setting* setting = nullptr;
  const Matrix* vectors = nullptr;  ///< V
  std::vector<double> values;       ///< lambda, those within `rounding` of zero set to zero
  double rounding = 0;              ///< of eigenvalues
  std::vector<double> scaled;       ///< of each time: learning rate x time / number of targets
  Matrix c;                         ///< V (Y - f_0), [n, outputs]
  Matrix p;                         ///< T V', [m, n]; empty without test samples
  // Of the ntk ensemble with a covariance alone:
  std::vector<double> prior;  ///< diagonal of V K V'
  Matrix q;                   ///< P V', [m, n]
  Matrix m;                   ///< V K V', symmetric

  [[nodiscard]] double value(std::int64_t k) const noexcept {
    return values[static_cast<std::size_t>(k)];
  }
  [[nodiscard]] std::int64_t times() const noexcept {
    return static_cast<std::int64_t>(scaled.size());
  }
  /// How many times go through at once, so that memory does not grow with their number, where an
  /// array over them has `rows` numbers each. Products of few columns are slow: at least 32 are
  /// allowed beside n training samples, whose own matrices are larger.
  [[nodiscard]] std::int64_t block(std::int64_t rows) const noexcept;
};

/// Test samples that go through the losses at once beside few training samples.
inline constexpr std::int64_t least_samples_at_once = 1024;

/// Numbers that inference over so many finite times keeps of a block of them: decays and gains of
/// all eigenvalues with their tables, operands and results of its products, of test samples a part
/// where they are many.
[[nodiscard]] double time_block_numbers(const InferenceSize& size, std::int64_t times) noexcept;

[[nodiscard]] Projected project(const Setting& setting, const Eigen& eigen);

/// Variances, and the covariance where it is asked for, into `out`, for the eigenvalues' gains in
/// column j (decay.hpp; 1 / (lambda + ridge) with nothing left after infinite training).
void set_covariance(const Projected& basis, const Matrix& left, const Matrix& gain, std::int64_t j,
                    Prediction& out);

/// Prediction and covariance at each time.
[[nodiscard]] std::vector<Prediction> predict_over_time(const Projected& basis);
/// Losses at each time; takes `m` apart for its own matrix.
[[nodiscard]] LossCurves losses_over_time(Projected& basis);

}  // namespace widelimit::detail
