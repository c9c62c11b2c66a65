// Finds the name that a misspelt name most resembles.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace widelimit::detail {

/// The candidate nearest to `name` by edit distance (Damerau 1964: insert, delete, replace, swap
/// neighbours; letter case and separators do not count). Among equally near candidates, the one
/// with the longest common beginning. Empty if none is near.
[[nodiscard]] std::string nearest_name(std::string_view name,
                                       const std::vector<std::string>& candidates);

/// "; did you mean "erf"?", or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view name,
                                       const std::vector<std::string>& candidates);

/// "a, b, c".
[[nodiscard]] std::string list_text(const std::vector<std::string>& names);

/// "1 layer", "2 layers".
[[nodiscard]] std::string count_text(std::size_t count, std::string_view noun);

}  // namespace widelimit::detail
