// From text to a document. Everything that Boost.JSON forgives is refused here: duplicate keys,
// numbers too large for a double, U+0000, and sizes that only an attack would have.
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

/// The document in text number `source`. What is wrong goes to `report`; unset where the text is
/// not JSON. Duplicate keys and numbers out of range do not end the reading; such a number becomes
/// NaN, which no text can hold, so that it is complained about once.
[[nodiscard]] std::optional<Value> parse_json(const SourceTexts& texts, std::uint32_t source,
                                              Report& report);

}  // namespace widelimit::detail
