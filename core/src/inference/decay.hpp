// What is left of an error along one eigenvector of the kernel, and what has been learnt, at a
// time: the functions e^(-x) and (1 - e^(-x)) / lambda of arXiv:1902.06720, equations 9 to 16.
#pragma once

#include <widelimit/matrix.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace widelimit::detail {

/// With s = learning rate times time / number of targets.
struct Decay {
  double left;  ///< e^(-lambda s)
  double gain;  ///< (1 - e^(-lambda s)) / lambda; its limit s where lambda s is 0
};
/// s may be infinite where lambda is positive. lambda 0 stands for anything within `rounding` of
/// it: then nothing decays, and the gain stops growing at 1 / rounding, what an eigenvalue of that
/// size would reach. Test samples have no more of such an eigenvector than rounding, and a gain
/// beyond would make predictions of it.
[[nodiscard]] Decay decay(double lambda, double s, double rounding) noexcept;

/// Decays of all eigenvalues at many times, a block of times at once. Evenly spaced times need one
/// exponential an eigenvalue and block: e^(-(a + b)) = e^(-a) e^(-b), and the gain of a + b is
/// gain(a) + left(a) gain(b), sums of positive numbers.
class DecayBlocks {
 public:
  /// `s` as above, one a time. The spans must outlive this object.
  DecayBlocks(std::span<const double> eigenvalues, double rounding, std::span<const double> s,
              std::int64_t block);

  [[nodiscard]] std::int64_t block() const noexcept { return block_; }
  /// Columns of `left` and `gain` [eigenvalues, block()] become times first, first + 1, ...; those
  /// beyond the last time keep what they held.
  void fill(std::int64_t first, Matrix& left, Matrix& gain) const;

 private:
  std::span<const double> values_, s_;
  double rounding_;
  std::int64_t block_;
  bool even_ = false;
  Matrix step_left_, step_gain_;  // of 0, 1, ... steps, where the times are evenly spaced
};

}  // namespace widelimit::detail
