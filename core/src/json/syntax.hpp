// Explains to a person why a text is not JSON.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace widelimit::detail {

/// The offset of a mistake, and a sentence about it.
struct SyntaxProblem {
  std::size_t offset = 0;
  std::string message;
};

inline constexpr const char* half_a_pair =
    "half a surrogate pair: \\uD800 to \\uDFFF come in pairs";

/// `offset` is where the parser gave up. `position_text` writes an offset as a person reads it
/// ("line 3, column 7").
[[nodiscard]] SyntaxProblem explain_syntax(
    std::string_view text, std::size_t offset,
    const std::function<std::string(std::size_t)>& position_text);

/// Replaces every control character (U+0000 to U+001F, U+007F to U+009F) of a UTF-8 text by '?'.
/// Returns whether there were any.
bool replace_controls(std::string& text);

/// Says why a text is refused before it is parsed: it is empty, not UTF-8, or a file of another
/// kind. The message is empty for any other text.
[[nodiscard]] SyntaxProblem explain_encoding(std::string_view text);

}  // namespace widelimit::detail
