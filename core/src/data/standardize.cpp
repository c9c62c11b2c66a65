// Means and deviations.
#include "data/standardize.hpp"

#include <widelimit/error.hpp>

#include "base/sizes.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>

namespace widelimit::detail {

namespace {

void require_in_range(double mean, double deviation, const std::string& what) {
  if (std::isfinite(mean) && std::isfinite(deviation) && deviation > 0) return;
  throw Error(
      ErrorCode::usage,
      "the numbers of " + what +
          " are too large or too small for float64 to hold their variance; scale them first");
}

// Are n numbers equal up to rounding? Squares of small differences may underflow, and then the
// largest difference, which is at most sqrt(n) deviations, tells the numbers apart.
bool equal_up_to_rounding(double mean, double deviation, double largest_difference, std::int64_t n,
                          double rounding) {
  const double most = rounding_of_equal(mean, n, rounding);
  return deviation <= most && largest_difference <= std::sqrt(static_cast<double>(n)) * most;
}

}  // namespace

double rounding_of_equal(double mean, std::int64_t n, double rounding) noexcept {
  return std::max(static_cast<double>(n) * std::numeric_limits<double>::epsilon(), rounding) *
         std::abs(mean);
}

Standardization Standardization::of_columns(const Matrix& m, double rounding) {
  const auto cols = to_size(m.cols());
  const auto n = static_cast<double>(m.rows());
  Standardization s{std::vector<double>(cols, 0.0), std::vector<double>(cols, 0.0)};
  std::vector<double> largest_difference(cols, 0.0);
  std::vector<char> constant(cols, 1);
  for (std::int64_t i = 0; i < m.rows(); ++i) {
    const auto row = m.row(i);
    for (std::size_t j = 0; j < cols; ++j) {
      s.mean[j] += row[j] / n;
      constant[j] = static_cast<char>(constant[j] & static_cast<char>(row[j] == m.row(0)[j]));
    }
  }
  for (std::int64_t i = 0; i < m.rows(); ++i) {
    const auto row = m.row(i);
    for (std::size_t j = 0; j < cols; ++j) {
      const double d = row[j] - s.mean[j];
      s.deviation[j] += d * d / n;
      largest_difference[j] = std::max(largest_difference[j], std::abs(d));
    }
  }
  for (std::size_t j = 0; j < cols; ++j) {
    s.deviation[j] = std::sqrt(s.deviation[j]);
    if (constant[j] != 0) s.mean[j] = m.row(0)[j];
    if (constant[j] != 0 ||
        equal_up_to_rounding(s.mean[j], s.deviation[j], largest_difference[j], m.rows(), rounding))
      s.deviation[j] = 1.0;
    require_in_range(s.mean[j], s.deviation[j],
                     "column " + std::to_string(j) + " (counted from 0)");
  }
  return s;
}

Standardization Standardization::of_all(const Matrix& m, double rounding) {
  const auto n = static_cast<double>(m.size());
  const auto values = m.flat();
  double mean = 0, variance = 0, largest_difference = 0;
  // Adds up row by row, so that long sums are sums of short ones, which round less.
  for (std::int64_t i = 0; i < m.rows(); ++i) {
    double sum = 0;
    for (const double v : m.row(i)) sum += v / n;
    mean += sum;
  }
  for (std::int64_t i = 0; i < m.rows(); ++i) {
    double sum = 0;
    for (const double v : m.row(i)) {
      sum += (v - mean) * (v - mean) / n;
      largest_difference = std::max(largest_difference, std::abs(v - mean));
    }
    variance += sum;
  }
  double deviation = std::sqrt(variance);
  const bool constant = std::ranges::all_of(values, [&](double v) { return v == values.front(); });
  if (constant) mean = values.front();
  if (constant || equal_up_to_rounding(mean, deviation, largest_difference, m.size(), rounding))
    deviation = 1.0;
  require_in_range(mean, deviation, "the training samples");
  const auto cols = to_size(m.cols());
  return {std::vector<double>(cols, mean), std::vector<double>(cols, deviation)};
}

void Standardization::apply(Matrix& m) const {
  for (std::int64_t i = 0; i < m.rows(); ++i) {
    const auto row = m.row(i);
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = (row[j] - mean[j]) / deviation[j];
  }
}

}  // namespace widelimit::detail
