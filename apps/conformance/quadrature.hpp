// Gaussian moments of a function of one variable, to rounding error: of functions with kinks and
// jumps anywhere, and of functions that grow exponentially.
// Thread safety: free functions.
#pragma once

#include "finite.hpp"

#include <string>

namespace widelimit::conformance {

/// E[f(u) f(v)] and E[f'(u) f'(v)] for (u, v) ~ N(0, [[a, q], [q, b]]).
struct Moments {
  double value = 0, slope = 0;
  /// Estimated from two rules.
  double value_error = 0, slope_error = 0;
  /// Why there are no moments to compare with; empty: there are.
  std::string problem;
};
/// a, b > 0, |q| <= sqrt(ab). Throws Finding where f or f' is not a number at a likely argument.
[[nodiscard]] Moments gaussian_moments(const Curve& curve, double a, double q, double b);

}  // namespace widelimit::conformance
