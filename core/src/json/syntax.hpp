// Explains to a person why a text is not JSON.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace widelimit::detail {

/// Where to look, and one sentence.
struct SyntaxProblem {
  std::size_t offset = 0;
  std::string message;
};

inline constexpr const char* half_a_pair =
    "half a surrogate pair: \\uD800 to \\uDFFF come in pairs";

/// `offset` is where the parser gave up. `place` writes an offset as a person reads it ("line 3,
/// column 7").
[[nodiscard]] SyntaxProblem explain_syntax(std::string_view text, std::size_t offset,
                                           const std::function<std::string(std::size_t)>& place);

/// The first byte that is not UTF-8; npos: all is well. Overlong forms, surrogates and what lies
/// beyond U+10FFFF are not UTF-8 (RFC 3629).
[[nodiscard]] std::size_t first_not_utf8(std::string_view text);

/// Every control character (U+0000 to U+001F, U+007F to U+009F) of a UTF-8 text becomes '?'; were
/// there any?
bool replace_controls(std::string& text);

/// Texts that are refused before they are parsed: empty, not UTF-8, with a byte order mark. An
/// empty message: none of these.
[[nodiscard]] SyntaxProblem explain_encoding(std::string_view text);

}  // namespace widelimit::detail
