// The correlation of two samples, accurate near 1 and -1.
//
// Thread safety: values.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>

namespace widelimit::sdk::detail {

/// sign cos(angle), where cos(angle) >= 0. Exchanging the samples does not change a bit.
struct Correlation {
  double cosine, sine, sign;

  /// p, q > 0.
  Correlation(double k, double p, double q) : sign(k < 0 ? -1 : 1) {
    if (q < p) std::swap(p, q);
    // 1 - k^2 / (p q) with the rounding errors of k / p and of the product.
    const double ratio = k / p, product = ratio * k;
    const double errors = std::fma(ratio, k, -product) + k * (std::fma(-ratio, p, k) / p);
    const double square = std::clamp((q - product - errors) / q, 0.0, 1.0);
    sine = std::sqrt(square);
    cosine = std::sqrt(1 - square);
  }
  [[nodiscard]] double angle() const { return std::atan2(sine, cosine); }
};

}  // namespace widelimit::sdk::detail
