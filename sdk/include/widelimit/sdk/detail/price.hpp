// Moments of piecewise linear functions at correlations close to 1 or -1, from those at a smaller
// correlation. By Price's theorem (1958), the derivative of E[f'(u) f'(v)] by the correlation is
// E[f''(u) f''(v)] times the deviations. Here f'' is a sum of jumps s_i at x_i, so this is a sum of
// s_i s_j times bivariate densities. With the correlation cos(t), the integrals are
//   1/(2 pi) exp(-(x - y)^2 / (2 sin^2 t) - x y / (1 + cos t)) dt.
// The derivative of E[f(u) f(v)] is E[f'(u) f'(v)] times the deviations.
//
// Thread safety: as elementwise.hpp says.
#pragma once

#include <widelimit/sdk/detail/panels.hpp>
#include <widelimit/sdk/math.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>

namespace widelimit::sdk::detail {

/// `Layer` keeps copies for different processors apart.
template <class Layer>
class PriceIntegral {
  using V = Vec<double>;

 public:
  struct Result {
    double value, slope;
  };

  /// Panels of a piecewise linear function at the variances of both samples.
  PriceIntegral(const Panels& p, const Panels& q) : first_(p), second_(q) {}

  /// What the moments at the correlation sign cos(near) have more than those at sign cos(far),
  /// where those of the slopes are `slope`: E[f(u) f(v)] in units of both deviations.
  [[nodiscard]] Result difference(double near, double far, double sign, double slope) {
    near_ = near;
    far_ = far;
    Result sum{(std::cos(near) - std::cos(far)) * slope, 0};
    for (std::size_t i = 0; i < first_.foci; ++i)
      for (std::size_t j = 0; j < second_.foci; ++j)
        if (first_.focus[i].is_kink && second_.focus[j].is_kink) {
          const double jumps = sign * first_.focus[i].jump * second_.focus[j].jump;
          const Result pair = integrate(first_.focus[i].at, sign * second_.focus[j].at);
          sum.value += jumps * pair.value;
          sum.slope += jumps * pair.slope;
        }
    sum.value *= sign;
    return sum;
  }

 private:
  static constexpr std::size_t order = Panels::order;

  // The first factor is negligible up to a ninth of the distance, and varies most around it.
  [[nodiscard]] Result integrate(double x, double y) const {
    const double distance = std::abs(x - y);
    Result sum{};
    for (double from = std::max(near_, distance / 9); from < far_;) {
      const double to = std::min(far_, distance == 0 ? far_ : from * (from < 4 * distance ? 2 : 4));
      add_panel(sum, x, y, from, to);
      from = to;
    }
    return sum;
  }

  void add_panel(Result& sum, double x, double y, double from, double to) const {
    const auto& rule = gauss_legendre<order>();
    const double half = (to - from) / 2, middle = from + half;
    std::array<double, order> weight;
    alignas(64) std::array<double, order> steep, smooth, density;
    for (std::size_t i = 0; i < order; ++i) {
      const double t = middle + half * rule.x[i], sine = std::sin(t), cosine = std::cos(t);
      steep[i] = (x - y) / sine;
      smooth[i] = x * y / (1 + cosine);
      // cos(near) - cos(t)
      weight[i] = 2 * std::sin((t + near_) / 2) * std::sin((t - near_) / 2);
    }
    for (std::size_t i = 0; i < order; i += V::lanes) {
      const V s = V::load(&steep[i]);
      exp(V(-0.5) * s * s - V::load(&smooth[i])).store(&density[i]);
    }
    for (std::size_t i = 0; i < order; ++i) {
      const double d = half * rule.weight[i] * density[i] / (2 * std::numbers::pi);
      sum.slope += d;
      sum.value += d * weight[i];
    }
  }

  const Panels &first_, &second_;
  double near_ = 0, far_ = 0;
};

}  // namespace widelimit::sdk::detail
