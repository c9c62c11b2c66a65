// Comma-separated values, record by record (RFC 4180: quotes, doubled quotes, line breaks inside
// quotes; lines end with LF or CRLF; a preamble is skipped), also with another delimiter and
// compressed by gzip.
#pragma once

#include <widelimit/control.hpp>

#include "files/byte_stream.hpp"
#include "files/csv_format.hpp"
#include "files/input_file.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace widelimit::detail {

/// A field and its position: line and column, counted from 1 in characters.
struct CsvField {
  std::string_view text;
  int line = 0, column = 0;
  bool quoted = false;
};

class CsvReader {
 public:
  /// `file` must outlive the reader. `control`, which may be NULL, is checked between reads.
  explicit CsvReader(const InputFile& file, CsvFormat format = {},
                     const Control* control = nullptr);

  /// The next record, valid until the next call; false after the last one. Throws Error(usage) with
  /// line and column for broken quotes, an empty line between records, and a record whose number of
  /// fields differs from that of the first.
  [[nodiscard]] bool next(std::vector<CsvField>& fields);

  /// The number of records of a file, with its header if it has one. Fast, because it does not
  /// check them; it is exact for a file that next() accepts. `control` as above.
  [[nodiscard]] static std::int64_t count_records(const InputFile& file, CsvFormat format = {},
                                                  const Control* control = nullptr);
  /// Of the file, so far.
  [[nodiscard]] std::int64_t bytes_read() const noexcept { return stream_.bytes_read(); }

 private:
  struct Extent {
    std::size_t begin, end;
    int line, column;
    bool quoted;
  };
  static constexpr int end_of_file = -1;

  [[nodiscard]] int peek();
  int take();
  void quoted_field();
  void plain_field();
  [[nodiscard]] bool line_break();
  void skip_blanks();
  [[nodiscard]] bool another_field();
  void check_width();
  [[noreturn]] void fail(const std::string& message, int line, int column) const;

  const InputFile& file_;
  CsvFormat format_;
  const Control* control_;
  ByteStream stream_;
  std::vector<char> buffer_;
  std::size_t at_ = 0, filled_ = 0;
  int line_ = 1, column_ = 1;
  std::string text_;             // of the fields of this record
  std::vector<Extent> extents_;  // into text_
  std::size_t width_ = 0;        // fields of the first record
  std::int64_t records_ = 0;     // before this one
};

}  // namespace widelimit::detail
