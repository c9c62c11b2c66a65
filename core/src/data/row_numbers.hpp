// Files that choose rows of a data source.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace widelimit::detail {

/// Numbers from 0, separated by white space, at least one. Throws Error(usage) with line and column
/// for a text that is not such a number, or for a row that a source of `count` samples does not
/// have.
[[nodiscard]] std::vector<std::int64_t> read_row_numbers(const std::filesystem::path& file,
                                                         std::int64_t count);

}  // namespace widelimit::detail
