// Splitting a CSV file into fields. This is our own code, because columns are known only at run
// time, files may be larger than memory, and every message names a line.
#include "files/csv_reader.hpp"

#include "text/names.hpp"
#include "text/quoting.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <system_error>

namespace widelimit::detail {

namespace {

constexpr std::size_t buffer_bytes = 1 << 18;
constexpr std::size_t longest_record = 1 << 26;  // bytes; more is not a table
constexpr std::size_t most_fields = 1 << 24;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

std::int64_t bytes_of_mark(const InputFile& file) {
  char head[byte_order_mark.size()];
  const std::size_t got = file.read_some(0, head, sizeof head);
  return std::string_view(head, got) == byte_order_mark ? std::int64_t{byte_order_mark.size()} : 0;
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

struct Number {
  double value;
  std::errc error;
};

Number number_of(std::string_view text) {
  text = trimmed(text);
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{} && end != text.data() + text.size())
    return {0, std::errc::invalid_argument};
  return {value, error};
}

// Advice for a field that is not a number.
std::string remedy(std::string_view text) {
  if (const std::string_view other = other_separator(text); !other.empty())
    return "; fields are separated by commas, these by " + std::string(other) +
           ": save the table with commas";
  if (text.find(',') != std::string_view::npos)
    return "; decimals are written with a point, and thousands without a mark";
  return "; a table holds numbers alone: write words as numbers, or leave out their column";
}

}  // namespace

std::string_view other_separator(std::string_view text) {
  return text.find(';') != std::string_view::npos    ? "semicolons"
         : text.find('\t') != std::string_view::npos ? "tabs"
                                                     : "";
}

CsvReader::CsvReader(const InputFile& file, const Control* control)
    : file_(file), control_(control), buffer_(buffer_bytes), offset_(bytes_of_mark(file)) {}

int CsvReader::peek() {
  if (at_ == filled_) {
    if (control_ != nullptr) control_->check();
    filled_ = file_.read_some(offset_, buffer_.data(), buffer_.size());
    offset_ += static_cast<std::int64_t>(filled_);
    at_ = 0;
    if (filled_ == 0) return end_of_file;
  }
  return static_cast<unsigned char>(buffer_[at_]);
}

int CsvReader::take() {
  const int c = peek();
  if (c == end_of_file) return c;
  ++at_;
  if (c == '\n') {
    ++line_;
    column_ = 1;
  } else if ((c & 0xc0) != 0x80) {  // not the continuation of a UTF-8 character
    ++column_;
  }
  return c;
}

void CsvReader::fail(const std::string& message, int line, int column) const {
  refuse(file_.path(), message, line, column);
}

void CsvReader::quoted_field() {
  const int line = line_, column = column_;
  take();
  for (;;) {
    const int c = take();
    if (c == end_of_file) fail("a quote is opened here and never closed", line, column);
    if (c == '"') {
      if (peek() != '"') return;
      take();
    }
    text_ += static_cast<char>(c);
    if (text_.size() > longest_record) fail("a record is too long to be a table's", line, column);
  }
}

void CsvReader::plain_field() {
  for (int c = peek(); c != ',' && c != '\n' && c != '\r' && c != end_of_file; c = peek()) {
    if (c == '"')
      fail(
          "a quote in the middle of a field; a field with quotes in it is written \"so "
          "\"\"quoted\"\"\"",
          line_, column_);
    text_ += static_cast<char>(take());
    if (text_.size() > longest_record) fail("a record is too long to be a table's", line_, column_);
  }
}

bool CsvReader::line_break() {
  if (peek() == '\r') {
    const int line = line_, column = column_;
    take();
    if (peek() != '\n')
      fail("a carriage return that does not end a line; lines end with LF or CRLF", line, column);
  }
  if (peek() != '\n') return false;
  take();
  return true;
}

void CsvReader::check_width() const {
  if (extents_.size() == width_) return;
  const Extent& at = extents_[std::min(extents_.size(), width_ + 1) - 1];
  fail(counted(extents_.size(), "field") + " in this line, " + std::to_string(width_) +
           " in the first one" +
           (extents_.size() < width_
                ? "; fill in what is missing, or leave out the line"
                : "; a decimal comma or a comma in a text makes two fields of one"),
       at.line, at.column);
}

bool CsvReader::next(std::vector<CsvField>& fields) {
  text_.clear();
  extents_.clear();
  if (peek() == end_of_file) return false;
  if (const int line = line_; line_break()) {
    while (line_break()) {
    }
    if (peek() == end_of_file) return false;
    fail("an empty line; remove it, or fill in what is missing", line, 1);
  }
  for (;;) {
    const Extent start{text_.size(), 0, line_, column_};
    if (peek() == '"')
      quoted_field();
    else
      plain_field();
    extents_.push_back({start.begin, text_.size(), start.line, start.column});
    const int c = peek();
    if (c == ',') {
      if (extents_.size() == most_fields)
        fail("more fields in a line than a table has", line_, column_);
      take();
      continue;
    }
    if (c == end_of_file || line_break()) break;
    fail("text after a closing quote; expected a comma or the end of the line", line_, column_);
  }
  if (width_ == 0) width_ = extents_.size();
  check_width();
  fields.clear();
  for (const Extent& e : extents_)
    fields.push_back({std::string_view(text_).substr(e.begin, e.end - e.begin), e.line, e.column});
  return true;
}

std::int64_t CsvReader::count_records(const InputFile& file, const Control* control) {
  std::vector<char> buffer(buffer_bytes);
  std::int64_t records = 0, empty_lines = 0;
  bool inside_quotes = false, empty = true;
  const auto end_line = [&] {
    if (empty) {
      ++empty_lines;  // at the end of the file they do not count
    } else {
      records += empty_lines + 1;
      empty_lines = 0;
    }
    empty = true;
  };
  for (std::int64_t offset = bytes_of_mark(file);;) {
    if (control != nullptr) control->check();
    const std::size_t got = file.read_some(offset, buffer.data(), buffer.size());
    if (got == 0) break;
    offset += static_cast<std::int64_t>(got);
    for (const char c : std::string_view(buffer.data(), got)) {
      if (c == '\n' && !inside_quotes) {
        end_line();
      } else {
        inside_quotes ^= c == '"';
        empty = empty && c == '\r';
      }
    }
  }
  if (!empty) end_line();
  return records;
}

double csv_number(const InputFile& file, const CsvField& field) {
  const Number number = number_of(field.text);
  if (number.error == std::errc{}) return number.value;
  const auto fail = [&](const std::string& message) {
    refuse(file.path(), message, field.line, field.column);
  };
  if (trimmed(field.text).empty()) fail("a missing value; fill it in, or leave out the row");
  if (number.error == std::errc::result_out_of_range)
    fail(in_quotes(field.text) + " does not fit a float64 (at most about 1.8e308)");
  fail(in_quotes(field.text) + " is not a number" + remedy(trimmed(field.text)));
  return 0;
}

bool is_csv_number(std::string_view text) {
  return number_of(text).error != std::errc::invalid_argument;
}

}  // namespace widelimit::detail
