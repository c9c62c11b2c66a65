// Gauss-Legendre rules on [-1, 1].
//
// Thread safety: immutable after construction.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>

namespace widelimit::sdk::detail {

/// Exact for polynomials of degree 2n - 1. Nodes by Newton's method from Tricomi's approximation
/// (Abramowitz and Stegun 25.4.29, 22.16.6).
template <std::size_t n>
struct GaussLegendre {
  alignas(64) std::array<double, n> x{}, weight{};

  GaussLegendre() {
    constexpr auto order = static_cast<double>(n);
    for (std::size_t i = 0; i < n; ++i) {
      double at = -std::cos(std::numbers::pi * (static_cast<double>(i) + 0.75) / (order + 0.5));
      double derivative = 1;
      for (int step = 0; step < 6; ++step) {
        double last = 1, legendre = at;
        for (std::size_t k = 2; k <= n; ++k) {
          const auto degree = static_cast<double>(k);
          const double next = ((2 * degree - 1) * at * legendre - (degree - 1) * last) / degree;
          last = legendre;
          legendre = next;
        }
        derivative = order * (at * legendre - last) / (at * at - 1);
        at -= legendre / derivative;
      }
      x[i] = at;
      weight[i] = 2 / ((1 - at * at) * derivative * derivative);
    }
  }
};

template <std::size_t n>
const GaussLegendre<n>& gauss_legendre() {
  static const GaussLegendre<n> rule;
  return rule;
}

}  // namespace widelimit::sdk::detail
