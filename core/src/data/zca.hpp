// ZCA whitening: decorrelates features and stays as close to them as possible.
#pragma once

#include <widelimit/matrix.hpp>

#include <vector>

namespace widelimit::detail {

/// x -> (x - mean) W with W = U (D + e mean(D) 1)^(-1/2) U', where U D U' is the covariance
/// (divided by n) of the training samples and e the `regularization`, relative to the mean
/// eigenvalue (Lee et al., "Finite Versus Infinite Neural Networks", NeurIPS 2020, appendix on
/// regularized ZCA).
class Zca {
 public:
  /// Throws Error(usage) if the covariance is singular and `regularization` is too small;
  /// Error(unsupported) if there are too many features for the eigendecomposition. A direction
  /// whose variance is not above what rounding makes of equal numbers (rounding_of_equal() of every
  /// feature's mean) has none.
  static Zca fit(const Matrix& train, double regularization, double rounding);
  void apply(Matrix& x) const;

 private:
  std::vector<double> mean_;
  Matrix whitening_;  // upper triangle
};

}  // namespace widelimit::detail
