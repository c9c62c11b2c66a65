// Decay factors; see decay.hpp.
#include "inference/decay.hpp"

#include "base/sizes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace widelimit::detail {

namespace {

// Whether s[i] = s[0] + i (s[1] - s[0]) up to rounding.
bool evenly_spaced(std::span<const double> s) {
  const double step = (s.back() - s.front()) / static_cast<double>(s.size() - 1);
  if (!std::isfinite(step)) return false;
  const double tolerance = 4 * std::numeric_limits<double>::epsilon() *
                           std::max(std::abs(s.front()), std::abs(s.back()));
  for (std::size_t i = 0; i < s.size(); ++i)
    if (std::abs(s[i] - (s.front() + static_cast<double>(i) * step)) > tolerance) return false;
  return step > 0;
}

}  // namespace

Decay decay(double lambda, double s, double rounding) noexcept {
  if (!(lambda > 0)) return {1, std::min(s, 1 / rounding)};
  const double x = lambda * s;
  if (x == 0) return {1, s};
  // Below ln 2 expm1 computes 1 - e^(-x) accurately, above it exp computes e^(-x) accurately.
  if (x < 0.6931471805599453) {
    const double decrease = -std::expm1(-x);
    return {1 - decrease, decrease / lambda};
  }
  const double left = std::exp(-x);
  return {left, (1 - left) / lambda};
}

DecayBlocks::DecayBlocks(std::span<const double> eigenvalues, double rounding,
                         std::span<const double> s, std::int64_t block)
    : values_(eigenvalues), s_(s), rounding_(rounding), block_(block) {
  even_ = static_cast<std::int64_t>(s.size()) > 2 * block && evenly_spaced(s);
  if (!even_) return;
  const double step = (s.back() - s.front()) / static_cast<double>(s.size() - 1);
  const auto n = static_cast<std::int64_t>(values_.size());
  step_left_ = Matrix::uninitialized(n, block);
  step_gain_ = Matrix::uninitialized(n, block);
  for (std::int64_t k = 0; k < n; ++k)
    for (std::int64_t j = 0; j < block; ++j) {
      const Decay d = decay(values_[to_size(k)], static_cast<double>(j) * step, rounding);
      step_left_(k, j) = d.left;
      step_gain_(k, j) = d.gain;
    }
}

void DecayBlocks::fill(std::int64_t first, Matrix& left, Matrix& gain) const {
  const std::int64_t count = std::min(block_, static_cast<std::int64_t>(s_.size()) - first);
  for (std::int64_t k = 0; k < left.rows(); ++k) {
    const double lambda = values_[to_size(k)];
    double* const l = left.row(k).data();
    double* const g = gain.row(k).data();
    if (even_ && lambda > 0) {
      const Decay start = decay(lambda, s_[to_size(first)], rounding_);
      const double* const sl = step_left_.row(k).data();
      const double* const sg = step_gain_.row(k).data();
      for (std::int64_t j = 0; j < count; ++j) {
        l[j] = start.left * sl[j];
        g[j] = start.gain + start.left * sg[j];
      }
    } else {
      for (std::int64_t j = 0; j < count; ++j) {
        const Decay d = decay(lambda, s_[to_size(first + j)], rounding_);
        l[j] = d.left;
        g[j] = d.gain;
      }
    }
  }
}

}  // namespace widelimit::detail
