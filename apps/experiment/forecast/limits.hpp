// Is there enough memory for a run?
// Thread safety: pure functions; one thread at a time.
#pragma once

#include "forecast.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace widelimit::experiment {

/// Throws Error(usage) that says what is needed, what there is and what to change, if the forecast
/// is above `limit`, the bytes of --max-memory, or without one, mapped files not counted, above the
/// memory of this machine. `samples` is the training set, on which the network runs.
void refuse_above(const Forecast& forecast, const std::optional<std::int64_t>& limit,
                  const Network& network, const DataShape& samples);

/// Says that the limits of this process, `ulimit -v` or `ulimit -d`, are below the forecast for
/// `threads`, with the numbers and what to change; unset where they are not. A run must not begin
/// then: OpenBLAS waits for ever for buffers that do not fit.
[[nodiscard]] std::optional<std::string> beyond_limits(
    const Forecast& forecast, int threads,
    const apps::AddressSpace& limits = apps::address_space_limit());

/// A warning that this machine has less memory than is needed; unset where it has enough.
[[nodiscard]] std::optional<std::string> beyond_machine(const Forecast& forecast);

}  // namespace widelimit::experiment
