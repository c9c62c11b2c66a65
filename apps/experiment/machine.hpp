// What the machine has, as far as a run may use it.
// Thread safety: pure functions.
#pragma once

#include <filesystem>

namespace widelimit::experiment {

/// Bytes of memory: what is built in, or the least that a control group of this process allows (as
/// in containers). Infinite where it cannot be found out. `root` is where /proc and /sys are.
[[nodiscard]] double machine_memory(const std::filesystem::path& root = "/");

}  // namespace widelimit::experiment
