// Reads numbers from a text file, with line and column for messages.
#include "data/row_numbers.hpp"

#include "base/sizes.hpp"
#include "files/input_file.hpp"
#include "text/quoting.hpp"
#include "text/utf8.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

namespace widelimit::detail {

namespace {

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

}  // namespace

std::vector<std::int64_t> read_row_numbers(const std::filesystem::path& path, std::int64_t count) {
  const InputFile file(path);
  refuse_other_kind(file, "a text of row numbers");
  std::string text(to_size(file.size()), '\0');
  file.read(0, text.data(), text.size());
  if (text.starts_with(byte_order_mark)) text.erase(0, byte_order_mark.size());
  std::vector<std::int64_t> rows;
  int line = 1;
  const char* line_start = text.data();
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at != end;) {
    if (is_space(*at)) {
      if (*at++ == '\n') {
        ++line;
        line_start = at;
      }
      continue;
    }
    const char* const word_end = std::find_if(at, end, is_space);
    const auto refuse_word = [&](const std::string& message) {
      const std::string_view word(at, to_size(word_end - at));
      refuse(path, in_quotes(word.substr(0, 40)) + message, line,
             static_cast<int>(at - line_start) + 1);
    };
    std::int64_t row = 0;
    const auto [stop, error] = std::from_chars(at, word_end, row);
    if (error != std::errc() || stop != word_end || row < 0)
      refuse_word(" is no row number; expected whole numbers from 0 on, separated by white space");
    if (row >= count)
      refuse_word(" is beyond the last row: the source has " + std::to_string(count) +
                  " samples, counted from 0");
    rows.push_back(row);
    at = word_end;
  }
  if (rows.empty()) refuse(path, "chooses no rows; expected row numbers from 0 on");
  return rows;
}

}  // namespace widelimit::detail
