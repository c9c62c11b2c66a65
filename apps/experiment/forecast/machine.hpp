// The memory of the machine that a run may use.
// Thread safety: pure functions.
#pragma once

#include <filesystem>

namespace widelimit::experiment {

/// Bytes of memory: what is built in, or the least limit of the control groups of this process (as
/// in containers). Infinite where neither is known. `root` is the directory of /proc and /sys.
[[nodiscard]] double machine_memory(const std::filesystem::path& root = "/");

}  // namespace widelimit::experiment
