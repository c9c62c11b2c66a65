// In polar coordinates u = sqrt(a) r cos t and v = sqrt(b) r cos(t - theta) with cos theta =
// q / sqrt(ab), the lines u = 0 and v = 0, where nonlinearities have their kinks, are four rays.
// Between them the integrand is as smooth as the function is away from zero, and Gauss-Legendre
// converges geometrically (Trefethen, Approximation Theory and Approximation Practice, ch. 19).
#include "quadrature.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace widelimit::conformance {
namespace {

constexpr double pi = std::numbers::pi;
/// exp(-r^2 / 2) is 1e-31 there.
constexpr double radius = 12;

struct Sums {
  double value = 0, slope = 0, value_size = 0, slope_size = 0;
};

/// The expectation with `n_angle` nodes between two rays and `n_radius` along each.
Sums integrate(const Curve& curve, double a, double b, double theta, int n_angle, int n_radius) {
  std::array<double, 4> rays{pi / 2, 3 * pi / 2, std::fmod(theta + pi / 2, 2 * pi),
                             std::fmod(theta + 3 * pi / 2, 2 * pi)};
  std::sort(rays.begin(), rays.end());
  const Rule angles = gauss_legendre(n_angle), radii = gauss_legendre(n_radius);
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

Rule gauss_legendre(int n) {
  Rule rule;
  for (int i = 0; i < n; ++i) {
    // Newton from Tricomi's estimate; the recurrence gives P_n and P_n-1 and so the derivative.
    double x = std::cos(pi * (i + 0.75) / (n + 0.5)), derivative = 1;
    for (int step = 0; step < 8; ++step) {
      double p = 1, before = 0;
      for (int k = 1; k <= n; ++k) {
        const double next = ((2 * k - 1) * x * p - (k - 1) * before) / k;
        before = p;
        p = next;
      }
      derivative = n * (x * p - before) / (x * x - 1);
      x -= p / derivative;
    }
    rule.nodes.push_back(x);
    rule.weights.push_back(2 / ((1 - x * x) * derivative * derivative));
  }
  return rule;
}

Moments gaussian_moments(const Curve& curve, double a, double q, double b) {
  const double theta = std::acos(std::clamp(q / std::sqrt(a * b), -1.0, 1.0));
  constexpr std::array<std::array<int, 2>, 4> levels{{{10, 32}, {16, 52}, {26, 84}, {42, 136}}};
  // Two refinements that agree to this part of the integrand's size are exact for our purposes.
  constexpr double enough = 1e-11;
  Sums last = integrate(curve, a, b, theta, levels[0][0], levels[0][1]);
  Moments moments;
  for (std::size_t level = 1; level < levels.size(); ++level) {
    const Sums next = integrate(curve, a, b, theta, levels[level][0], levels[level][1]);
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
