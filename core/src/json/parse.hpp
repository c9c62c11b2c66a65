// From text to a document. Refuses what Boost.JSON accepts: duplicate keys, numbers too large for a
// double, U+0000, and excessive sizes.
#pragma once

#include "json/report.hpp"
#include "json/value.hpp"

#include <cstddef>
#include <optional>

namespace widelimit::detail {

inline constexpr int max_depth = 32;                       ///< nested arrays and objects
inline constexpr std::size_t max_bytes = 16u << 20;        ///< of one file
inline constexpr std::size_t max_values = 1u << 20;        ///< in one text
inline constexpr std::size_t max_string_bytes = 1u << 20;  ///< of one string
inline constexpr std::size_t max_key_bytes = 1u << 10;     ///< of one key

/// Parses text number `source`. Problems go to `report`. Unset if the text is not JSON. Parsing
/// continues after duplicate keys and numbers out of range. Such a number becomes NaN, which no
/// text can contain, so that later checks do not report it again.
[[nodiscard]] std::optional<Value> parse_json(const SourceTexts& texts, std::uint32_t source,
                                              Report& report);

}  // namespace widelimit::detail
