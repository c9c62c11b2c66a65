// Chooses the steps of training that are recorded.
#pragma once

#include <cstdint>
#include <vector>

namespace widelimit::detail {

/// Steps from 0 to `steps` in ascending order: all of them, or about 32 per decade, evenly spaced
/// in the logarithm. The first and the last step are always included.
[[nodiscard]] std::vector<std::int64_t> recorded_steps(std::int64_t steps, bool all);

}  // namespace widelimit::detail
