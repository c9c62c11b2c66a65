// System calls of files in the making, with what a person can do where one fails. What new files
// and tile stores share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace widelimit::detail {

/// A hidden name beside the final one, of this process (its id) and of this attempt: later runs
/// know by it what a killed process left.
[[nodiscard]] std::filesystem::path temporary_beside(const std::filesystem::path& final_path,
                                                     long attempt);

/// Claims disk space; what was not there reads as zeros. The error number, 0 where all is well.
[[nodiscard]] int claim_bytes(int fd, std::int64_t bytes);

/// All of it, however often the system interrupts. The error number, 0 where all is well.
[[nodiscard]] int write_bytes(int fd, std::int64_t offset, const void* data, std::size_t bytes);

/// What to try after this error, as "; free some space or choose another folder"; empty where
/// nothing is known.
[[nodiscard]] const char* advice_on(int error);

}  // namespace widelimit::detail
