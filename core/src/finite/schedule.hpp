// Which steps of training are recorded.
#pragma once

#include <cstdint>
#include <vector>

namespace widelimit::detail {

/// Steps 0 to `steps`: all, or evenly spaced in their logarithm, about 32 a factor of ten, with 0
/// and the last. Ascending.
[[nodiscard]] std::vector<std::int64_t> recorded_steps(std::int64_t steps, bool all);

}  // namespace widelimit::detail
