// Text from outside made safe for where it goes: a page, a JSON document, one line of a terminal.
// Whatever the bytes are, the result is valid UTF-8.
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace widelimit::apps {

/// On one line: control characters become spaces, bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string one_line(std::string_view text);
/// For HTML and SVG, text and attribute values alike: & < > " ' as entities, control characters
/// but line feeds as spaces.
[[nodiscard]] std::string html_escaped(std::string_view text);
/// A JSON string with its quotes (RFC 8259).
[[nodiscard]] std::string json_quoted(std::string_view text);

/// How many characters valid UTF-8 has, which is about how many columns it takes.
[[nodiscard]] std::size_t character_count(std::string_view text);
/// At most `length` characters, the last one an ellipsis where something was cut.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t length);

}  // namespace widelimit::apps
