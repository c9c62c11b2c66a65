// Tables of comma-separated values, read row by row. A file may be larger than memory.
// Thread safety: one thread per object.
#pragma once

#include <widelimit/abi.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace widelimit {

/// A file whose first record contains the names of the columns (RFC 4180: quotes, doubled quotes;
/// lines end with LF or CRLF). Every Error(usage) contains the file name and, for rows, line and
/// column.
class WIDELIMIT_EXPORT CsvFile {
 public:
  /// Opens the file and reads its header. Throws Error(usage) where it cannot be read or is empty.
  explicit CsvFile(const std::filesystem::path& file);
  ~CsvFile();
  CsvFile(const CsvFile&) = delete;
  CsvFile& operator=(const CsvFile&) = delete;

  [[nodiscard]] const std::vector<std::string>& columns() const noexcept;
  /// The index of a column; unset if there is no column with this name.
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;
  /// Like find, but throws Error(usage) with the file and the column if there is none.
  [[nodiscard]] std::size_t require(std::string_view name) const;

  /// Reads the next row; false at the end. Throws Error(usage) for a row that is too short or too
  /// long, an empty line or unbalanced quotes.
  [[nodiscard]] bool next();
  /// A field of the current row, valid until the next row. Throws Error(usage) if there is no such
  /// column.
  [[nodiscard]] std::string_view text(std::size_t column) const;
  /// "inf" and "nan" are numbers, and an empty field is NaN. Throws Error(usage) for other text.
  [[nodiscard]] double number(std::size_t column) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace widelimit
