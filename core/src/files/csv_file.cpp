// The public reader of CSV files.
#include <widelimit/error.hpp>
#include <widelimit/experiment/csv.hpp>

#include "base/sizes.hpp"
#include "files/csv_number.hpp"
#include "files/csv_reader.hpp"
#include "text/quoting.hpp"

#include <algorithm>
#include <limits>
#include <string>

namespace widelimit {

struct CsvFile::State {
  explicit State(const std::filesystem::path& path) : file(path), reader(file) {}

  [[nodiscard]] const detail::CsvField& field(std::size_t column) const {
    if (column < fields.size()) return fields[column];
    detail::refuse(file.path(), "no column " + std::to_string(column + 1) + "; there are " +
                                    std::to_string(columns.size()));
  }

  detail::InputFile file;
  detail::CsvReader reader;
  std::vector<detail::CsvField> fields;
  std::vector<std::string> columns;
};

CsvFile::CsvFile(const std::filesystem::path& file) : state_(std::make_unique<State>(file)) {
  if (!state_->reader.next(state_->fields))
    detail::refuse(file, "is empty; expected a line with the names of the columns");
  for (const detail::CsvField& field : state_->fields) state_->columns.emplace_back(field.text);
}

CsvFile::~CsvFile() = default;

const std::vector<std::string>& CsvFile::columns() const noexcept { return state_->columns; }

std::optional<std::size_t> CsvFile::find(std::string_view name) const {
  const auto& columns = state_->columns;
  const auto found = std::find(columns.begin(), columns.end(), name);
  if (found == columns.end()) return {};
  return to_size(found - columns.begin());
}

std::size_t CsvFile::require(std::string_view name) const {
  if (const auto column = find(name)) return *column;
  detail::refuse(state_->file.path(), "no column " + detail::in_quotes(name));
}

bool CsvFile::next() { return state_->reader.next(state_->fields); }

std::string_view CsvFile::text(std::size_t column) const { return state_->field(column).text; }

double CsvFile::number(std::size_t column) const {
  const detail::CsvField& field = state_->field(column);
  if (field.text.empty()) return std::numeric_limits<double>::quiet_NaN();
  return detail::csv_number(state_->file, field);
}

}  // namespace widelimit
