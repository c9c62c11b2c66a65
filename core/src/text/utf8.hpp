// The characters of a text in UTF-8 (RFC 3629).
#pragma once

#include <cstddef>
#include <string_view>

namespace widelimit::detail {

inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// The bytes of the character that `text` begins with; 0 if that is none. Overlong forms,
/// surrogates and code points above U+10FFFF are none.
[[nodiscard]] std::size_t utf8_length(std::string_view text);

/// The first byte that is not UTF-8; npos if there is none.
[[nodiscard]] std::size_t first_not_utf8(std::string_view text);

}  // namespace widelimit::detail
