// How a table writes its fields, given or found out from its first lines.
#pragma once

#include "files/input_file.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace widelimit::detail {

/// The delimiter that stands for any run of blanks and tabs; those at the ends of a line do not
/// count.
inline constexpr char white_space = ' ';

struct CsvFormat {
  char delimiter = ',';
  char decimal = '.';
  /// The first line names columns, and may lack the name of the first one: R writes tables so,
  /// whose first column names the rows.
  bool names_may_lack_first = false;
};

/// What precedes the first record: a UTF-8 byte order mark, and the line `sep=;` (with any
/// delimiter) that Excel reads and some programs write for it.
struct CsvPreamble {
  std::size_t bytes = 0;
  int lines = 0;
  std::optional<char> delimiter = std::nullopt;
};
/// Of a file that begins with `text`.
[[nodiscard]] CsvPreamble preamble_of(std::string_view text) noexcept;

/// Not a quote, an end of a line, what numbers consist of, or part of a character beyond ASCII.
[[nodiscard]] constexpr bool may_delimit(char c) noexcept {
  constexpr std::string_view never = "\"\r\n+-.0123456789";
  return static_cast<signed char>(c) > 0 && never.find(c) == std::string_view::npos;
}

/// The delimiter that a line `sep=` states (throws Error(usage) if it cannot be one); else the one
/// of which every one of the first lines has the same number, one at least: tabs, semicolons,
/// commas (unless `decimal` is one) or white space, the first that fits. If none fits, the first of
/// commas, semicolons, tabs and white space that is in the first line; else a comma.
[[nodiscard]] char guessed_delimiter(const InputFile& file, char decimal);

/// "commas", "semicolons", "tabs", "white space", or the character in quotes.
[[nodiscard]] std::string delimiter_name(char delimiter);
/// "a comma".
[[nodiscard]] std::string one_delimiter(char delimiter);

/// Throws Error(usage) for a file of another kind (text/file_kind.hpp), also inside gzip.
void require_text(const InputFile& file);

}  // namespace widelimit::detail
