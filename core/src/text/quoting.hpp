// Quotes text of users in messages, and escapes every character that could disturb a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace widelimit::detail {

/// The largest number of bytes of a value or name that a message shows.
inline constexpr std::size_t shown_bytes = 40;

/// Appends `text` in double quotes with the escapes of JSON. Control characters are escaped too.
void append_quoted(std::string& out, std::string_view text);

/// The text as a terminal may show it: every control character that is not in `kept`, every
/// character that changes the direction or the lines of a text, and every byte that is not UTF-8
/// becomes an escape, as in \\x1b, \\u202e or \\xff.
[[nodiscard]] std::string printable(std::string_view text, std::string_view kept);

/// A name in double quotes with control characters escaped, cut after `shown_bytes` bytes.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// The first `limit` bytes and "..." if the text is longer. Does not cut within a character.
[[nodiscard]] std::string cut(std::string text, std::size_t limit);

}  // namespace widelimit::detail
