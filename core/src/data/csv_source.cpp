// Samples and targets from the columns of a CSV file.
#include "data/source.hpp"
#include "files/csv_reader.hpp"

#include "text/names.hpp"
#include "text/quoting.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace widelimit::detail {

namespace {

constexpr std::int64_t lines_between_reports = 4096;

class CsvSource final : public Source {
 public:
  CsvSource(const DataSource& spec, const Control* control)
      : Source(control), file_(spec.x), header_(spec.header) {
    std::vector<CsvField> first;
    CsvReader reader(file_);
    if (!reader.next(first)) refuse(file_.path(), "is empty; expected lines of numbers");
    check_separator(first);
    if (header_) {
      check_header(first);
      for (const CsvField& f : first) names_.emplace_back(f.text);
    }
    const std::vector<std::size_t> targets = target_columns(spec, first.size());
    column_to_output_.assign(first.size(), not_a_target);
    for (std::size_t k = 0; k < targets.size(); ++k)
      column_to_output_[targets[k]] = static_cast<std::int64_t>(k);
    shape_.count = CsvReader::count_records(file_, control_) - (header_ ? 1 : 0);
    shape_.outputs = static_cast<std::int64_t>(targets.size());
    shape_.sample.channels = static_cast<std::int64_t>(first.size()) - shape_.outputs;
    if (shape_.sample.channels == 0)
      refuse(file_.path(), "every column is a target; none is left for the samples");
    if (shape_.count == 0)
      refuse(file_.path(), "has no samples: only the line with the names of the columns");
  }

  [[nodiscard]] Dataset read(std::int64_t begin, std::int64_t count) const override {
    Dataset data;
    auto [x, y] = parse(begin, count, true);
    data.x = Samples(std::move(x));
    data.y = std::move(y);
    if (!names_.empty()) data.y_names.resize(static_cast<std::size_t>(shape_.outputs));
    for (std::size_t c = 0; c < names_.size(); ++c) {
      if (const std::int64_t output = column_to_output_[c]; output != not_a_target)
        data.y_names[static_cast<std::size_t>(output)] = names_[c];
      else
        data.x_names.push_back(names_[c]);
    }
    return data;
  }

  [[nodiscard]] Matrix read_targets(std::int64_t begin, std::int64_t count) const override {
    return parse(begin, count, false).second;
  }

 private:
  static constexpr std::int64_t not_a_target = -1;

  // A table has at least two columns. If there is only one, another separator is the likely reason;
  // say so here, rather than later that a column does not exist.
  void check_separator(const std::vector<CsvField>& first) const {
    if (first.size() > 1) return;
    if (const std::string_view other = other_separator(first.front().text); !other.empty())
      refuse(file_.path(),
             "fields are separated by commas; in the first line there are " + std::string(other) +
                 " in their place: save the table with commas, and with points in decimals",
             first.front().line, first.front().column);
  }

  // If the first line is numbers but is declared a header, a sample would be lost silently. The
  // only numbers accepted as names are those that count the columns.
  void check_header(const std::vector<CsvField>& first) const {
    for (std::size_t c = 0; c < first.size(); ++c) {
      if (!is_csv_number(first[c].text)) return;
      if (const double n = csv_number(file_, first[c]);
          n != static_cast<double>(c) && n != static_cast<double>(c + 1)) {
        refuse(file_.path(),
               "the first line was expected to name the columns, but it holds numbers; if it is "
               "the first sample, set \"header\": false",
               first[c].line, first[c].column);
      }
    }
  }

  [[nodiscard]] std::vector<std::size_t> target_columns(const DataSource& spec,
                                                        std::size_t columns) const {
    std::vector<std::size_t> targets;
    for (const std::string& name : spec.target_names) {
      if (!header_)
        refuse(file_.path(), "the target " + in_quotes(name) +
                                 " is a name, but \"header\" is false; give an index from 0");
      const auto found = std::find(names_.begin(), names_.end(), name);
      if (found == names_.end())
        refuse(file_.path(), "no column is named " + in_quotes(name) + did_you_mean(name, names_) +
                                 "; the columns are " + listed(names_));
      if (std::find(found + 1, names_.end(), name) != names_.end())
        refuse(file_.path(), "two columns are named " + in_quotes(name) +
                                 "; give the index of the target, from 0");
      targets.push_back(static_cast<std::size_t>(found - names_.begin()));
    }
    for (const std::int64_t index : spec.target_indices) {
      if (index < 0 || index >= static_cast<std::int64_t>(columns))
        refuse(file_.path(), "there is no column " + std::to_string(index) + "; it has " +
                                 counted(columns, "column") + ", counted from 0");
      targets.push_back(static_cast<std::size_t>(index));
    }
    if (targets.empty()) refuse(file_.path(), "needs a \"target\": the columns that are predicted");
    std::vector<std::size_t> sorted = targets;
    std::sort(sorted.begin(), sorted.end());
    if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end())
      refuse(file_.path(),
             "column " + std::to_string(*twice) + " (counted from 0) is a target twice");
    return targets;
  }

  [[nodiscard]] std::pair<Matrix, Matrix> parse(std::int64_t begin, std::int64_t count,
                                                bool features_too) const {
    std::vector<CsvField> fields;
    const std::int64_t skipped = begin + (header_ ? 1 : 0);
    const auto columns = static_cast<std::int64_t>(column_to_output_.size());
    // Every field takes at least one byte. If the file is too small for lines as wide as the first,
    // one of them is wrong; find it before memory is allocated.
    if (columns > 1 && count > file_.size() / columns) {
      CsvReader all(file_, control_);
      while (all.next(fields)) {
      }
    }
    CsvReader reader(file_, control_);
    for (std::int64_t i = 0; i < skipped; ++i) next(reader, fields);
    auto x = Matrix::uninitialized(features_too ? count : 0, shape_.sample.channels);
    auto y = Matrix::uninitialized(count, shape_.outputs);
    WorkDone samples = work(count);
    for (std::int64_t i = 0; i < count; ++i) {
      next(reader, fields);
      std::int64_t feature = 0;
      for (std::size_t c = 0; c < fields.size(); ++c) {
        if (const std::int64_t output = column_to_output_[c]; output != not_a_target)
          y(i, output) = finite_number(fields[c]);
        else if (features_too)
          x(i, feature++) = finite_number(fields[c]);
      }
      if ((i + 1) % lines_between_reports != 0) continue;
      samples.add(lines_between_reports);
      samples.check();
    }
    if (const std::int64_t rest = count % lines_between_reports; rest > 0) samples.add(rest);
    return {std::move(x), std::move(y)};
  }

  void next(CsvReader& reader, std::vector<CsvField>& fields) const {
    if (!reader.next(fields)) refuse(file_.path(), "ended before its last line; was it changed?");
  }

  [[nodiscard]] double finite_number(const CsvField& field) const {
    if (!header_ && field.line == 1 && !is_csv_number(field.text))
      refuse(file_.path(),
             in_quotes(field.text) +
                 " is not a number; if the first line names the columns, set \"header\": true",
             field.line, field.column);
    const double value = csv_number(file_, field);
    if (!std::isfinite(value))
      refuse(file_.path(),
             in_quotes(field.text) + " is not finite; repair the number, or leave out the row",
             field.line, field.column);
    return value;
  }

  InputFile file_;
  bool header_;
  std::vector<std::string> names_;
  std::vector<std::int64_t> column_to_output_;
};

}  // namespace

std::unique_ptr<Source> open_csv_source(const DataSource& spec, const Control* control) {
  return std::make_unique<CsvSource>(spec, control);
}

}  // namespace widelimit::detail
