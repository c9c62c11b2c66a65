// In polar coordinates u = sqrt(a) r cos t and v = sqrt(b) r cos(t - theta) with cos theta =
// q / sqrt(ab), the lines u = 0 and v = 0, where nonlinearities have their kinks, are four rays.
// Between them the integrand is as smooth as the function is away from zero, and Gauss-Legendre
// converges geometrically (Trefethen, Approximation Theory and Approximation Practice, ch. 19).
#include "quadrature.hpp"

#include <boost/math/quadrature/gauss.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

namespace widelimit::conformance {
namespace {

constexpr double pi = std::numbers::pi;
/// exp(-r^2 / 2) is 1e-31 there.
constexpr double radius = 12;

/// A quadrature rule on [-1, 1].
struct Rule {
  std::vector<double> nodes, weights;
};

/// The Gauss-Legendre rule of an even number of points, of which Boost keeps the positive half.
template <unsigned Points>
Rule gauss_legendre() {
  static_assert(Points % 2 == 0);
  using Half = boost::math::quadrature::gauss<double, Points>;
  Rule rule;
  for (const double sign : {-1.0, 1.0})
    for (std::size_t i = 0; i < Half::abscissa().size(); ++i) {
      rule.nodes.push_back(sign * Half::abscissa()[i]);
      rule.weights.push_back(Half::weights()[i]);
    }
  return rule;
}

/// The rules of one refinement.
struct Level {
  Rule angles, radii;
};

const std::array<Level, 4>& levels() {
  static const std::array<Level, 4> all{{{gauss_legendre<10>(), gauss_legendre<32>()},
                                         {gauss_legendre<16>(), gauss_legendre<52>()},
                                         {gauss_legendre<26>(), gauss_legendre<84>()},
                                         {gauss_legendre<42>(), gauss_legendre<136>()}}};
  return all;
}

struct Sums {
  double value = 0, slope = 0, value_size = 0, slope_size = 0;
};

/// The expectation with one rule for the angles between two rays and one along each ray.
Sums integrate(const Curve& curve, double a, double b, double theta, const Level& level) {
  std::array<double, 4> rays{pi / 2, 3 * pi / 2, std::fmod(theta + pi / 2, 2 * pi),
                             std::fmod(theta + 3 * pi / 2, 2 * pi)};
  std::sort(rays.begin(), rays.end());
  const auto& [angles, radii] = level;
  std::vector<double> u, v, weight;
  for (std::size_t k = 0; k < rays.size(); ++k) {
    const double from = rays[k], to = k + 1 < rays.size() ? rays[k + 1] : rays[0] + 2 * pi;
    const double half = (to - from) / 2;
    if (half == 0) continue;
    for (std::size_t i = 0; i < angles.nodes.size(); ++i) {
      const double t = from + half * (1 + angles.nodes[i]);
      for (std::size_t j = 0; j < radii.nodes.size(); ++j) {
        const double r = radius / 2 * (1 + radii.nodes[j]);
        u.push_back(std::sqrt(a) * r * std::cos(t));
        v.push_back(std::sqrt(b) * r * std::cos(t - theta));
        weight.push_back(half * angles.weights[i] * radius / 2 * radii.weights[j] * r *
                         std::exp(-r * r / 2) / (2 * pi));
      }
    }
  }
  std::vector<double> fu, du, fv, dv;
  curve(u, fu, du);
  curve(v, fv, dv);
  Sums sums;
  for (std::size_t i = 0; i < weight.size(); ++i) {
    sums.value += weight[i] * fu[i] * fv[i];
    sums.slope += weight[i] * du[i] * dv[i];
    sums.value_size += weight[i] * std::abs(fu[i] * fv[i]);
    sums.slope_size += weight[i] * std::abs(du[i] * dv[i]);
  }
  return sums;
}

}  // namespace

Moments gaussian_moments(const Curve& curve, double a, double q, double b) {
  const double theta = std::acos(std::clamp(q / std::sqrt(a * b), -1.0, 1.0));
  // Two refinements that agree to this part of the integrand's size are exact for our purposes.
  constexpr double enough = 1e-11;
  Sums last = integrate(curve, a, b, theta, levels().front());
  Moments moments;
  for (std::size_t refinement = 1; refinement < levels().size(); ++refinement) {
    const Sums next = integrate(curve, a, b, theta, levels()[refinement]);
    moments = {next.value, next.slope, std::abs(next.value - last.value),
               std::abs(next.slope - last.slope)};
    if (moments.value_error <= enough * next.value_size &&
        moments.slope_error <= enough * next.slope_size)
      break;
    last = next;
  }
  return moments;
}

}  // namespace widelimit::conformance
