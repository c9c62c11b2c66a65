// The kernel of a layer that is no function of one variable, from its finite face by sampling.
// Thread safety: free functions.
#pragma once

#include "finite.hpp"

#include <string>

namespace widelimit::conformance {

/// The kernel of the infinite layer and the one sampled from the finite layer, with its standard
/// error (0: exact).
struct Comparison {
  double computed = 0, sampled = 0, error = 0;
  /// Why there is no comparison; empty: there is one.
  std::string reason;
};

/// E[y(x) y(x')] over channels and weights.
[[nodiscard]] Comparison nngp_by_monte_carlo(Context& context, const Subject& subject);
/// The same of the derivatives: with respect to the weights where there are any, and of tangents
/// that come in.
[[nodiscard]] Comparison ntk_by_monte_carlo(Context& context, const Subject& subject);

}  // namespace widelimit::conformance
