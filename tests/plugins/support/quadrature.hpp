// Gaussian moments of functions that are smooth but for a kink or a step at zero, by quadrature in
// polar coordinates: there a kink lies on a ray, and between two rays everything is smooth, however
// close the correlation is to 1.
//
// Thread safety: free functions.
#pragma once

#include "plugins/support/tile.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace widelimit::plugin_tests {

struct Rule {
  std::vector<double> nodes, weights;
};

/// Gauss-Legendre on [-1, 1] with 24 and with 48 points.
[[nodiscard]] const Rule& gauss_legendre_24();
[[nodiscard]] const Rule& gauss_legendre_48();

/// E[f(u) f(v)] for (u, v) ~ N(0, [[p, k], [k, q]]), p, q > 0, k^2 <= p q. With u = sqrt(p) r cos
/// t, v = sqrt(q) r cos(t - alpha), cos alpha = k / sqrt(p q): the mean over the angle t of the
/// integral of f(u) f(v) r exp(-r^2 / 2) over the radius.
template <class F>
double expected_product(F f, Covariance c) {
  const Rule &angular = gauss_legendre_48(), &radial = gauss_legendre_24();
  constexpr double pi = std::numbers::pi, farthest = 10.5;
  constexpr int panels = 14;
  // In extended precision: near correlation 1 the difference cancels.
  const long double k = c.k, determinant = static_cast<long double>(c.p) * c.q - k * k;
  const double alpha = static_cast<double>(std::atan2(std::sqrt(std::max(0.0L, determinant)), k));
  std::vector<double> rays{-pi / 2, alpha - pi / 2, pi / 2, alpha + pi / 2, 3 * pi / 2};
  std::sort(rays.begin(), rays.end());
  double total = 0;
  for (std::size_t piece = 0; piece + 1 < rays.size(); ++piece) {
    const double half = (rays[piece + 1] - rays[piece]) / 2;
    for (std::size_t i = 0; i < angular.nodes.size(); ++i) {
      const double t = rays[piece] + half * (1 + angular.nodes[i]);
      const double u = std::sqrt(c.p) * std::cos(t), v = std::sqrt(c.q) * std::cos(t - alpha);
      double along = 0;
      for (int panel = 0; panel < panels; ++panel)
        for (std::size_t j = 0; j < radial.nodes.size(); ++j) {
          constexpr double width = farthest / panels / 2;
          const double r = width * (2 * panel + 1 + radial.nodes[j]);
          along += width * radial.weights[j] * r * std::exp(-r * r / 2) * f(r * u) * f(r * v);
        }
      total += half * angular.weights[i] * along;
    }
  }
  return total / (2 * pi);
}

}  // namespace widelimit::plugin_tests
