// Means and deviations of columns, the part that the standardising steps share.
#pragma once

#include <widelimit/matrix.hpp>

#include <vector>

namespace widelimit::detail {

/// x -> (x - mean) / deviation, column by column.
struct Standardization {
  std::vector<double> mean, deviation;

  /// Population statistics (divided by n) of the columns, by two passes in float64. A column of
  /// equal values gets this value as its mean and the deviation 1, so that it becomes 0. Throws
  /// Error(usage) if squares overflow float64.
  static Standardization of_columns(const Matrix& m);
  /// The same with one mean and one deviation for all of m.
  static Standardization of_all(const Matrix& m);

  void apply(Matrix& m) const;
};

}  // namespace widelimit::detail
