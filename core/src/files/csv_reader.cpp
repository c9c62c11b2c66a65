// Splitting a CSV file into fields. This is our own code, because columns are known only at run
// time, files may be larger than memory, and every message names a line.
#include "files/csv_reader.hpp"

#include "files/csv_number.hpp"
#include "text/names.hpp"

#include <algorithm>
#include <cstddef>

namespace widelimit::detail {

namespace {

constexpr std::size_t buffer_bytes = 1 << 18;
constexpr std::size_t longest_record = 1 << 26;  // bytes; more is not a table
constexpr std::size_t most_fields = 1 << 24;

bool is_blank(int c) { return c == ' ' || c == '\t'; }

}  // namespace

CsvReader::CsvReader(const InputFile& file, CsvFormat format, const Control* control)
    : file_(file), format_(format), control_(control), stream_(file), buffer_(buffer_bytes) {
  filled_ = stream_.read(buffer_.data(), buffer_.size());
  const CsvPreamble preamble = preamble_of({buffer_.data(), filled_});
  at_ = preamble.bytes;
  line_ += preamble.lines;
}

int CsvReader::peek() {
  if (at_ == filled_) {
    if (control_ != nullptr) control_->check();
    filled_ = stream_.read(buffer_.data(), buffer_.size());
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
  const std::size_t begin = text_.size();
  const auto ends = [&](int c) {
    return c == '\n' || c == '\r' || c == end_of_file ||
           (format_.delimiter == white_space ? is_blank(c) : c == format_.delimiter);
  };
  for (int c = peek(); !ends(c); c = peek()) {
    if (c == '"' && trimmed(std::string_view(text_).substr(begin)).empty())
      fail("a quote after a blank; remove the blank, so that the field begins with the quote",
           line_, column_);
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

// Does another field follow in this line? Passes its delimiter, or else the end of the line.
bool CsvReader::another_field() {
  bool another = false;
  if (format_.delimiter == white_space) {
    const bool blank = is_blank(peek());
    skip_blanks();
    const int c = peek();
    another = blank && c != '\n' && c != '\r' && c != end_of_file;
  } else if (peek() == format_.delimiter) {
    take();
    another = true;
  }
  if (another) {
    if (extents_.size() == most_fields)
      fail("more fields in a line than a table has", line_, column_);
    return true;
  }
  if (peek() != end_of_file && !line_break())
    fail("text after a closing quote; expected " + one_delimiter(format_.delimiter) +
             " or the end of the line",
         line_, column_);
  return false;
}

void CsvReader::skip_blanks() {
  if (format_.delimiter != white_space) return;
  while (is_blank(peek())) take();
}

void CsvReader::check_width() {
  const std::size_t fields = extents_.size();
  if (fields == width_) return;
  const Extent& last = extents_.back();
  const bool empty_end = last.begin == last.end && !last.quoted;
  if (format_.names_may_lack_first && records_ == 1 && fields == width_ + 1 && !empty_end) {
    width_ = fields;
    return;
  }
  const std::string delimiter = one_delimiter(format_.delimiter);
  if (fields == width_ + 1 && empty_end)
    fail("the line ends with " + delimiter + ", which begins an empty field more than the " +
             count_text(width_, "field") + " of the first line; remove it",
         last.line, last.column);
  const Extent& at = extents_[std::min(fields, width_ + 1) - 1];
  fail(count_text(fields, "field") + " in this line, " + std::to_string(width_) +
           " in the first one" +
           (fields < width_ ? "; fill in what is missing, or leave out the line"
            : format_.delimiter == ','
                ? "; a decimal comma or a comma in a text makes two fields of one"
                : "; " + delimiter + " in a text makes two fields of one"),
       at.line, at.column);
}

bool CsvReader::next(std::vector<CsvField>& fields) {
  text_.clear();
  extents_.clear();
  skip_blanks();
  if (peek() == end_of_file) return false;
  if (const int line = line_; line_break()) {
    for (skip_blanks(); line_break(); skip_blanks()) {
    }
    if (peek() == end_of_file) return false;
    fail("an empty line; remove it, or fill in what is missing", line, 1);
  }
  do {
    const Extent start{text_.size(), 0, line_, column_, peek() == '"'};
    if (start.quoted)
      quoted_field();
    else
      plain_field();
    extents_.push_back({start.begin, text_.size(), start.line, start.column, start.quoted});
  } while (another_field());
  if (width_ == 0) width_ = extents_.size();
  check_width();
  ++records_;
  fields.clear();
  for (const Extent& e : extents_)
    fields.push_back(
        {std::string_view(text_).substr(e.begin, e.end - e.begin), e.line, e.column, e.quoted});
  return true;
}

std::int64_t CsvReader::count_records(const InputFile& file, CsvFormat format,
                                      const Control* control) {
  ByteStream stream(file);
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
  std::size_t got = stream.read(buffer.data(), buffer.size());
  std::size_t begin = preamble_of({buffer.data(), got}).bytes;
  for (; got > 0; got = stream.read(buffer.data(), buffer.size()), begin = 0) {
    if (control != nullptr) control->check();
    for (const char c : std::string_view(buffer.data(), got).substr(begin)) {
      if (c == '\n' && !inside_quotes) {
        end_line();
      } else {
        inside_quotes ^= c == '"';
        empty = empty && (c == '\r' || (format.delimiter == white_space && is_blank(c)));
      }
    }
  }
  if (!empty) end_line();
  return records;
}

}  // namespace widelimit::detail
