// System calls that write files, and advice for their errors. New files and tile stores share them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace widelimit::detail {

/// A hidden name in the same folder, with the id of this process and a number of this attempt. From
/// it, later runs recognise the files that a killed process left.
[[nodiscard]] std::filesystem::path temporary_beside(const std::filesystem::path& final_path,
                                                     long attempt);

/// Allocates disk space; new bytes read as zeros. Returns the error number, 0 on success.
[[nodiscard]] int claim_bytes(int fd, std::int64_t bytes);

/// Writes all bytes, also after interruptions. Returns the error number, 0 on success.
[[nodiscard]] int write_bytes(int fd, std::int64_t offset, const void* data, std::size_t bytes);

/// Advice for this error, such as "; free some space or choose another folder"; empty if there is
/// none.
[[nodiscard]] const char* advice_on(int error);

}  // namespace widelimit::detail
