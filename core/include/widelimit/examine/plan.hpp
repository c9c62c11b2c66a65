// What the plan of a layer must be like, for hosts and for programs that examine plugins.
// Thread safety: pure functions.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/error.hpp>

#include <string>

namespace widelimit {

/// The first member of an answered plan that no host could use, with its value and what is possible
/// ("linear->stride of 0 on axis 1"); empty: the plan can be used. `face` is that of the layer's
/// type, with all members that this abi.h knows; NULL: not offered. The time is O(axes), plus the
/// number of taps that have weights.
[[nodiscard]] WIDELIMIT_EXPORT std::string problem_of_plan(const widelimit_infinite_face* face,
                                                           const widelimit_plan& plan);

}  // namespace widelimit
