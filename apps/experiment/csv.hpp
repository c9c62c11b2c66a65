// Tables as comma-separated text: numbers in full precision, no cell that needs quotes. Our own
// code, because without quotes a library would be longer to call than this is.
// Thread safety: values.
#pragma once

#include "common/numbers.hpp"

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

namespace widelimit::experiment {

class CsvTable {
 public:
  explicit CsvTable(const std::vector<std::string>& header) {
    for (const std::string& name : header) cell(name);
    end_row();
  }
  CsvTable& cell(std::string_view text) {
    text_.append(text);
    text_.push_back(',');
    return *this;
  }
  CsvTable& cell(std::integral auto number) { return cell(std::to_string(number)); }
  CsvTable& cell(double number) { return cell(apps::number_text(number)); }
  void end_row() { text_.back() = '\n'; }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

}  // namespace widelimit::experiment
