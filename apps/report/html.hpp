// The HTML elements that the page uses most: tables and code.
// Thread safety: values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace widelimit::report {

/// Escaped text with permitted line breaks after '_', '.' and '/'.
std::string breakable(std::string_view text);
/// The same text in a `<code>` element.
std::string code(std::string_view text);

/// A table whose first column names the rows. Cells are HTML.
class Table {
 public:
  /// Screen readers read `caption` out; it is also the label of a table that scrolls.
  Table(std::string caption, std::vector<std::string> heads);
  /// Declares columns that contain text; they are aligned left. All others contain numbers. The
  /// first column always contains text.
  Table& text_columns(std::vector<std::size_t> columns);
  void row(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }
  [[nodiscard]] std::string html() const;

 private:
  [[nodiscard]] bool is_text(std::size_t column) const;
  std::string caption_;
  std::vector<std::string> heads_;
  std::vector<std::size_t> text_columns_{0};
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace widelimit::report
