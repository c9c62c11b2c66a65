// The decay of the training error along one eigenvector of the kernel: the functions e^(-x) and
// (1 - e^(-x)) / lambda of arXiv:1902.06720, equations 9 to 16.
#pragma once

#include <widelimit/matrix.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace widelimit::detail {

/// With s = learning rate * time / number of targets.
struct Decay {
  double left;  ///< e^(-lambda s)
  double gain;  ///< (1 - e^(-lambda s)) / lambda; its limit s if lambda s is 0
};
/// s may be infinite if lambda is positive. lambda 0 stands for an eigenvalue within `rounding` of
/// zero: the error does not decay, and the gain is at most 1 / rounding, the limit for an
/// eigenvalue of that size. The components of test samples along such an eigenvector are rounding
/// errors, which a larger gain would amplify.
[[nodiscard]] Decay decay(double lambda, double s, double rounding) noexcept;

/// Decays of all eigenvalues at many times, block by block. Evenly spaced times need one
/// exponential per eigenvalue and block: e^(-(a + b)) = e^(-a) e^(-b), and gain(a + b) = gain(a) +
/// left(a) gain(b), a sum of positive numbers.
class DecayBlocks {
 public:
  /// `s` as above, for each time. The spans must outlive this object.
  DecayBlocks(std::span<const double> eigenvalues, double rounding, std::span<const double> s,
              std::int64_t block);

  [[nodiscard]] std::int64_t block() const noexcept { return block_; }
  /// Fills `left` and `gain` [eigenvalues, block()]: column j is that of time first + j. Columns
  /// beyond the last time do not change.
  void fill(std::int64_t first, Matrix& left, Matrix& gain) const;

 private:
  std::span<const double> values_, s_;
  double rounding_;
  std::int64_t block_;
  bool even_ = false;
  Matrix step_left_, step_gain_;  // decays over 0, 1, ... steps, for evenly spaced times
};

}  // namespace widelimit::detail
