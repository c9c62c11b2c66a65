// The kernel of a layer that is no function of one variable, from its finite face by sampling.
// Thread safety: free functions.
#pragma once

#include "finite.hpp"

#include <string>

namespace widelimit::conformance {

/// What the infinite side says and what sampling gave, with its standard error (0: exact).
struct Comparison {
  double said = 0, seen = 0, error = 0;
  std::string reason;  ///< why there is no comparison; empty: there is one
};

/// E[y(x) y(x')] over channels and weights.
[[nodiscard]] Comparison nngp_by_monte_carlo(Context& context, const Subject& subject);
/// The same of the derivatives: with respect to the weights where there are any, and of tangents
/// that come in.
[[nodiscard]] Comparison ntk_by_monte_carlo(Context& context, const Subject& subject);

}  // namespace widelimit::conformance
