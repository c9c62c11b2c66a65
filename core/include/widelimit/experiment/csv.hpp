// Tables of comma-separated values, a row at a time: such files can be larger than memory.
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

/// A file whose first record names its columns (RFC 4180: quotes, doubled quotes; lines end with LF
/// or CRLF). Every Error(usage) names the file, and of a row the line and column.
class WIDELIMIT_EXPORT CsvFile {
 public:
  /// Opens the file and reads its header. Throws Error(usage) where it cannot be read or is empty.
  explicit CsvFile(const std::filesystem::path& file);
  ~CsvFile();
  CsvFile(const CsvFile&) = delete;
  CsvFile& operator=(const CsvFile&) = delete;

  [[nodiscard]] const std::vector<std::string>& columns() const noexcept;
  /// Where a column stands; unset where there is none of that name.
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;
  /// As find; throws Error(usage) that names the file and the column.
  [[nodiscard]] std::size_t require(std::string_view name) const;

  /// The next row; false at the end. Throws Error(usage) of a row that is too short or too long, of
  /// an empty line and of broken quotes.
  [[nodiscard]] bool next();
  /// Of the row, until the next one. Throws Error(usage) where there is no such column.
  [[nodiscard]] std::string_view text(std::size_t column) const;
  /// "inf" and "nan" count as numbers, an empty cell is NaN. Throws Error(usage) of what is not a
  /// number.
  [[nodiscard]] double number(std::size_t column) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace widelimit
