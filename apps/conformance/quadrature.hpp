// Gaussian moments of a function of one variable by quadrature that keeps its accuracy at a kink in
// zero. Thread safety: free functions.
#pragma once

#include "finite.hpp"

#include <vector>

namespace widelimit::conformance {

/// E[f(u) f(v)] and E[f'(u) f'(v)] for (u, v) ~ N(0, [[a, q], [q, b]]).
struct Moments {
  double value = 0, slope = 0;
  double value_error = 0, slope_error = 0;  ///< estimated from the last two refinements
};
/// a, b > 0, |q| <= sqrt(ab).
[[nodiscard]] Moments gaussian_moments(const Curve& curve, double a, double q, double b);

/// Nodes and weights of the n-point Gauss-Legendre rule on [-1, 1].
struct Rule {
  std::vector<double> nodes, weights;
};
[[nodiscard]] Rule gauss_legendre(int n);

}  // namespace widelimit::conformance
