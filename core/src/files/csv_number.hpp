// Numbers in the fields of a table.
#pragma once

#include "files/csv_reader.hpp"

#include <optional>
#include <string_view>

namespace widelimit::detail {

/// The number in a text, blanks around it aside; "inf" and "nan" are numbers here, and a number too
/// small for float64 is 0. Unset for a text that is no number, or is one too large for float64.
[[nodiscard]] std::optional<double> csv_number(std::string_view text, char decimal = '.');

/// The number in a field. Throws Error(usage) with the position; `remedy` follows "is not a number"
/// and says what to do, which is by default to save a table of numbers and commas.
[[nodiscard]] double csv_number(const InputFile& file, const CsvField& field, char decimal = '.',
                                std::string_view remedy = {});

/// Whether the field is a number, too large or not.
[[nodiscard]] bool is_csv_number(std::string_view text, char decimal = '.');

/// "semicolons" or "tabs", if a text that should be one field seems to contain several, separated
/// by them; else empty.
[[nodiscard]] std::string_view other_separator(std::string_view text);

/// Without blanks at its ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

}  // namespace widelimit::detail
