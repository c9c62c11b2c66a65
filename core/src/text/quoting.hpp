// Text of users inside messages: quoted, with everything escaped that could disturb a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace widelimit::detail {

/// Bytes of a value or a name that a message shows at most.
inline constexpr std::size_t shown_bytes = 40;

/// Appends `text` in double quotes with the escapes of JSON, control characters among them.
void append_quoted(std::string& out, std::string_view text);

/// A name in double quotes with control characters escaped, cut after `shown_bytes` bytes.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// At most `limit` bytes and "...", never half a character.
[[nodiscard]] std::string cut(std::string text, std::size_t limit);

}  // namespace widelimit::detail
