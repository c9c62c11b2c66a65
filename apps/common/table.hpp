// Tables of text for people.
// Thread safety: values.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace widelimit::apps {

/// Filled with spaces on the right, or on the left.
[[nodiscard]] std::string padded(std::string_view text, std::size_t width);
[[nodiscard]] std::string padded_left(std::string_view text, std::size_t width);
/// Lines of at most `width` columns, broken at spaces, each indented.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);

enum class Align { left, right };

/// A header, a rule, and rows, indented by two spaces. Columns without any content are left out.
class Table {
 public:
  Table(std::vector<std::string> header, std::vector<Align> align);
  void add(std::vector<std::string> row);
  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::string> header_;
  std::vector<Align> align_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace widelimit::apps
