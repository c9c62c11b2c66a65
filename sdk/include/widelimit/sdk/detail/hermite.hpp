// Tables for expansions in orthonormal Hermite polynomials h_n: midpoint rules for N(0, 1) and
// the recurrence h_{n+1} = (x h_n - sqrt(n) h_{n-1}) / sqrt(n + 1) (Abramowitz and Stegun 22.7.14).
//
// Thread safety: immutable after construction.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>

namespace widelimit::sdk::detail {

/// At x, the square root of the density of N(0, 1).
inline double root_of_density(double x) {
  return std::exp(-0.25 * x * x) * std::sqrt(std::numbers::inv_sqrtpi / std::numbers::sqrt2);
}

/// Midpoint rules on [-reach, reach] with `nodes` points, half as many, a quarter, and so on. Only
/// the points above zero are stored; the others follow by parity. For functions that are smooth at
/// the scale of a step the rule converges exponentially (Trefethen and Weideman 2014). A kink or
/// jump at zero is between two points.
template <int nodes>
struct HermiteTables {
  static_assert(nodes >= 32 && nodes <= 1024 && nodes % 32 == 0,
                "quadrature_nodes is a multiple of 32 from 32 to 1024");
  static constexpr std::size_t most = nodes / 2;
  /// Beyond this, even the square root of the density is below rounding error.
  static constexpr double reach = 14;

  struct Grid {
    std::size_t half = 0;
    double step = 0;
    alignas(64) std::array<double, most> x{}, root_density{};
  };
  /// From coarse to fine.
  std::array<Grid, nodes % 256 == 0 ? 4 : nodes % 64 == 0 ? 2 : 1> grids;
  std::array<double, nodes> ratio, inverse_root;  ///< sqrt(n / (n + 1)), 1 / sqrt(n + 1)

  HermiteTables() {
    std::size_t half = most;
    for (std::size_t level = grids.size(); level-- > 0; half /= 2) {
      Grid& grid = grids[level];
      grid.half = half;
      grid.step = reach / static_cast<double>(half);
      for (std::size_t i = 0; i < half; ++i) {
        const double x = grid.x[i] = (static_cast<double>(i) + 0.5) * grid.step;
        grid.root_density[i] = root_of_density(x);
      }
    }
    for (std::size_t n = 0; n < ratio.size(); ++n) {
      const auto number = static_cast<double>(n);
      ratio[n] = std::sqrt(number / (number + 1));
      inverse_root[n] = 1 / std::sqrt(number + 1);
    }
  }
};

}  // namespace widelimit::sdk::detail
