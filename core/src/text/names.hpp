// Finding the name that was meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace widelimit::detail {

/// The candidate nearest to `name` by edit distance (Damerau 1964: insert, delete, replace, swap
/// neighbours; letter case and separators do not count); of equals the one that begins most alike;
/// empty where none is near.
[[nodiscard]] std::string nearest_name(std::string_view name,
                                       const std::vector<std::string>& candidates);

/// "; did you mean "erf"?", or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view name,
                                       const std::vector<std::string>& candidates);

/// "a, b, c".
[[nodiscard]] std::string listed(const std::vector<std::string>& names);

/// "1 layer", "2 layers".
[[nodiscard]] std::string counted(std::size_t count, std::string_view noun);

}  // namespace widelimit::detail
