// Gaussian moments of a function of one variable by quadrature that keeps its accuracy at a kink in
// zero.
// Thread safety: free functions.
#pragma once

#include "finite.hpp"

namespace widelimit::conformance {

/// E[f(u) f(v)] and E[f'(u) f'(v)] for (u, v) ~ N(0, [[a, q], [q, b]]).
struct Moments {
  double value = 0, slope = 0;
  /// Estimated from the last two refinements.
  double value_error = 0, slope_error = 0;
};
/// a, b > 0, |q| <= sqrt(ab).
[[nodiscard]] Moments gaussian_moments(const Curve& curve, double a, double q, double b);

}  // namespace widelimit::conformance
