// The memory of the machine that a run may use, and what this process has of it.
// Thread safety: concurrent calls are fine.
#pragma once

#include <filesystem>

namespace widelimit::experiment {

/// Bytes of memory: what is built in, or the least limit of the control groups of this process (as
/// in containers). Infinite where neither is known. `root` is the directory of /proc and /sys.
[[nodiscard]] double machine_memory(const std::filesystem::path& root = "/");

/// Bytes of memory that this process has now, shared ones included; 0 if nobody knows.
[[nodiscard]] double resident_bytes();

}  // namespace widelimit::experiment
