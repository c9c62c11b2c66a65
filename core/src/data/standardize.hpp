// Means and deviations of columns, the part that the standardising steps share.
#pragma once

#include <widelimit/matrix.hpp>

#include <cstdint>
#include <vector>

namespace widelimit::detail {

/// The deviation up to which n equal numbers may differ by rounding: n eps |mean|, the error of
/// their mean (as scikit-learn has it since 0.24), and at least `rounding` |mean|, the spacing of
/// the numbers. `rounding` is the eps of the type in which the numbers came.
[[nodiscard]] double rounding_of_equal(double mean, std::int64_t n, double rounding) noexcept;

/// x -> (x - mean) / deviation, column by column.
struct Standardization {
  std::vector<double> mean, deviation;

  /// Population statistics (divided by n) of the columns, by two passes in float64. A column of
  /// equal values gets this value as its mean and the deviation 1, so that it becomes 0; one whose
  /// deviation is not above rounding_of_equal() gets the deviation 1 too. Throws Error(usage) if
  /// squares overflow float64.
  static Standardization of_columns(const Matrix& m, double rounding);
  /// The same with one mean and one deviation for all of m.
  static Standardization of_all(const Matrix& m, double rounding);

  void apply(Matrix& m) const;
};

}  // namespace widelimit::detail
