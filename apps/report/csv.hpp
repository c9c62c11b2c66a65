// Comma-separated numbers of a run, a row at a time: such files can be larger than memory.
// Thread-safety: one thread per object.
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace widelimit::report {

class CsvReader {
 public:
  /// Opens the file and reads its header. Throws Error(io) where it cannot be read.
  explicit CsvReader(std::filesystem::path file);

  [[nodiscard]] const std::vector<std::string>& columns() const noexcept { return columns_; }
  /// Where a column stands; unset where there is none of that name.
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;
  /// As find; throws Error(usage) that names the file and the column.
  [[nodiscard]] std::size_t require(std::string_view name) const;

  /// The next row; false at the end. Throws Error(usage) with file and line of a row that is too
  /// short or too long.
  bool next();
  [[nodiscard]] std::string_view text(std::size_t column) const { return cells_[column]; }
  /// "inf" and "nan" count as numbers, an empty cell is NaN. Throws Error(usage) with file, line
  /// and column of what is not a number.
  [[nodiscard]] double number(std::size_t column) const;

 private:
  [[noreturn]] void fail(std::size_t column, const std::string& message) const;
  void split();

  std::filesystem::path file_;
  std::ifstream stream_;
  std::vector<std::string> columns_;
  std::string line_;
  int line_number_ = 1;
  std::vector<std::string_view> cells_;
};

}  // namespace widelimit::report
