// What a plan must be like for a host to use it.
// Thread safety: pure functions.
#pragma once

#include "layers.hpp"

#include <string>
#include <vector>

namespace widelimit::conformance {

/// The part of a plan for these inputs that no host could use, with the member's name; empty: the
/// plan is plausible.
[[nodiscard]] std::string implausible(const LayerType& type,
                                      const std::vector<widelimit_shape>& inputs, const Plan& p);

}  // namespace widelimit::conformance
