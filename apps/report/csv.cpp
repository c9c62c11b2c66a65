// Comma-separated numbers of a run.
#include "csv.hpp"

#include "text.hpp"

#include <widelimit/error.hpp>

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

namespace widelimit::report {

CsvReader::CsvReader(std::filesystem::path file) : file_(std::move(file)), stream_(file_) {
  if (!std::getline(stream_, line_)) throw Error(ErrorCode::io, "cannot read " + file_.string());
  split();
  columns_.assign(cells_.begin(), cells_.end());
}

void CsvReader::fail(std::size_t column, const std::string& message) const {
  Problem problem;
  problem.file = file_.string();
  problem.line = line_number_;
  problem.column =
      column < cells_.size() ? static_cast<int>(cells_[column].data() - line_.data()) + 1 : 1;
  problem.message = message;
  throw Error(ErrorCode::usage, std::vector<Problem>{problem});
}

void CsvReader::split() {
  if (!line_.empty() && line_.back() == '\r') line_.pop_back();
  cells_.clear();
  const std::string_view line = line_;
  for (std::size_t begin = 0; begin <= line.size();) {
    const std::size_t end = std::min(line.find(',', begin), line.size());
    cells_.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
}

std::optional<std::size_t> CsvReader::find(std::string_view name) const {
  const auto found = std::find(columns_.begin(), columns_.end(), name);
  if (found == columns_.end()) return {};
  return static_cast<std::size_t>(found - columns_.begin());
}

std::size_t CsvReader::require(std::string_view name) const {
  if (const auto column = find(name)) return *column;
  throw Error(ErrorCode::usage, file_.string() + ": no column \"" + std::string(name) + "\"");
}

bool CsvReader::next() {
  do {
    if (!std::getline(stream_, line_)) return false;
    ++line_number_;
  } while (line_.empty());
  split();
  if (cells_.size() != columns_.size()) {
    fail(cells_.size(), counted(static_cast<std::int64_t>(cells_.size()), "cell") + " where the " +
                            "header has " + std::to_string(columns_.size()));
  }
  return true;
}

double CsvReader::number(std::size_t column) const {
  const std::string_view cell = cells_[column];
  if (cell.empty()) return std::numeric_limits<double>::quiet_NaN();
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error == std::errc::result_out_of_range) return cell[0] == '-' ? -0.0 : 0.0;
  if (error != std::errc() || end != cell.data() + cell.size())
    fail(column, "\"" + shortened(cell, 30) + "\" is not a number");
  return value;
}

}  // namespace widelimit::report
