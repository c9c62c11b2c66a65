// Counting what could be delimiters in the first lines of a table.
#include "files/csv_format.hpp"

#include "files/byte_stream.hpp"
#include "text/file_kind.hpp"
#include "text/quoting.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace widelimit::detail {

namespace {

constexpr std::size_t guessed_bytes = 1 << 16, guessed_lines = 20;

struct Candidate {
  char delimiter;
  std::vector<std::size_t> counts;  // of each line
};

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// Lines without their ends; those without a character other than blanks are left out, and so is the
// last one if it may go on.
std::vector<std::string_view> lines_of(std::string_view text, bool whole) {
  std::vector<std::string_view> lines;
  bool inside_quotes = false;
  std::size_t begin = 0;
  const auto add = [&](std::size_t end) {
    std::string_view line = text.substr(begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!std::all_of(line.begin(), line.end(), is_blank)) lines.push_back(line);
    begin = end + 1;
  };
  for (std::size_t i = 0; i < text.size() && lines.size() < guessed_lines; ++i) {
    if (text[i] == '"') inside_quotes = !inside_quotes;
    if (text[i] == '\n' && !inside_quotes) add(i);
  }
  if (begin < text.size() && lines.size() < guessed_lines && (whole || lines.empty()))
    add(text.size());
  return lines;
}

std::size_t delimiters_in(std::string_view line, char delimiter) {
  if (delimiter == white_space) {
    while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
    while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
  }
  std::size_t count = 0;
  bool inside_quotes = false, after_blank = false;
  for (const char c : line) {
    if (c == '"') inside_quotes = !inside_quotes;
    if (inside_quotes) continue;
    if (delimiter == white_space) {
      count += is_blank(c) && !after_blank ? 1 : 0;
      after_blank = is_blank(c);
    } else {
      count += c == delimiter ? 1 : 0;
    }
  }
  return count;
}

// Has every line as many? `lacking`: a first line of names has one less, as it may
// (CsvFormat::names_may_lack_first).
bool fits(const std::vector<std::size_t>& counts, std::size_t lacking) {
  if (counts.empty() || counts.front() == 0) return false;
  return std::all_of(counts.begin() + 1, counts.end(),
                     [&](std::size_t count) { return count == counts.front() + lacking; });
}

}  // namespace

CsvPreamble preamble_of(std::string_view text) noexcept {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf", separator = "sep=";
  CsvPreamble preamble;
  if (text.starts_with(byte_order_mark)) preamble.bytes = byte_order_mark.size();
  const std::string_view line = text.substr(preamble.bytes, text.find('\n') - preamble.bytes);
  const std::string_view shown = line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
  if (!shown.starts_with(separator) || shown.size() != separator.size() + 1 ||
      preamble.bytes + line.size() == text.size())
    return preamble;
  preamble.bytes += line.size() + 1;
  preamble.lines = 1;
  preamble.delimiter = shown.back();
  return preamble;
}

char guessed_delimiter(const InputFile& file, char decimal) {
  ByteStream stream(file);
  std::string text(guessed_bytes, '\0');
  text.resize(stream.read(text.data(), text.size()));
  const CsvPreamble preamble = preamble_of(text);
  if (preamble.delimiter) {
    if (!may_delimit(*preamble.delimiter) || *preamble.delimiter == decimal)
      refuse(file.path(),
             "the line sep= states " + one_delimiter(*preamble.delimiter) +
                 (*preamble.delimiter == decimal
                      ? ", which is the decimal mark; say with \"delimiter\" what separates fields"
                      : ", which cannot separate fields; say with \"delimiter\" what does"),
             1, 5);
    return *preamble.delimiter;
  }
  const std::vector<std::string_view> lines =
      lines_of(std::string_view(text).substr(preamble.bytes), text.size() < guessed_bytes);
  std::array<Candidate, 4> candidates{{{'\t', {}}, {';', {}}, {',', {}}, {white_space, {}}}};
  for (Candidate& candidate : candidates) {
    if (candidate.delimiter == decimal) continue;
    for (const std::string_view line : lines)
      candidate.counts.push_back(delimiters_in(line, candidate.delimiter));
  }
  for (const std::size_t lacking : {0U, 1U})
    for (const Candidate& candidate : candidates)
      if (fits(candidate.counts, lacking)) return candidate.delimiter;
  for (const std::size_t i : {2U, 1U, 0U, 3U})
    if (!candidates[i].counts.empty() && candidates[i].counts.front() > 0)
      return candidates[i].delimiter;
  return decimal == ',' ? ';' : ',';
}

std::string delimiter_name(char delimiter) {
  switch (delimiter) {
    case ',':
      return "commas";
    case ';':
      return "semicolons";
    case '\t':
      return "tabs";
    case white_space:
      return "white space";
    default:
      return in_quotes(std::string(1, delimiter));
  }
}

std::string one_delimiter(char delimiter) {
  switch (delimiter) {
    case ',':
      return "a comma";
    case ';':
      return "a semicolon";
    case '\t':
      return "a tab";
    case white_space:
      return "white space";
    default:
      return in_quotes(std::string(1, delimiter));
  }
}

void require_text(const InputFile& file) {
  ByteStream stream(file);
  std::string beginning(kind_bytes, '\0');
  beginning.resize(stream.read(beginning.data(), beginning.size()));
  if (const std::string message = other_kind(beginning, "a table"); !message.empty())
    refuse(file.path(), message);
}

}  // namespace widelimit::detail
