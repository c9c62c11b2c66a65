// Samples and targets from the columns of a CSV file.
#include "base/sizes.hpp"
#include "data/source.hpp"
#include "data/table_columns.hpp"
#include "files/csv_number.hpp"
#include "files/csv_reader.hpp"

#include "text/names.hpp"
#include "text/quoting.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace widelimit::detail {

namespace {

constexpr std::int64_t lines_between_reports = 4096;
constexpr std::size_t rows_of_an_index = 1000;

// What pandas, R, Excel, Matlab and the UCI repository write where there is no value.
bool is_gap(std::string_view text) {
  static constexpr std::array<std::string_view, 15> marks{
      "",     "NA",   "N/A",  "n/a", "#N/A", "NaN",         "nan",      "-nan",
      "-NaN", "NULL", "null", "?",   "<NA>", "<undefined>", "<missing>"};
  return std::find(marks.begin(), marks.end(), text) != marks.end();
}

// Cells of a column that are not numbers.
class TextBuilder {
 public:
  void gap(std::int64_t row, std::int64_t rows) { cell(row, rows) = TextColumn::gap; }
  void word(std::int64_t row, std::int64_t rows, std::string_view word) {
    auto found = ids_.find(word);
    if (found == ids_.end()) {
      column_.words.emplace_back(word);
      found =
          ids_.emplace(std::string(word), static_cast<std::int32_t>(column_.words.size())).first;
    }
    cell(row, rows) = found->second;
  }
  [[nodiscard]] TextColumn take() { return std::move(column_); }

 private:
  std::int32_t& cell(std::int64_t row, std::int64_t rows) {
    if (column_.cells.empty()) column_.cells.resize(to_size(rows), TextColumn::number);
    return column_.cells[to_size(row)];
  }

  TextColumn column_;
  std::map<std::string, std::int32_t, std::less<>> ids_;
};

std::vector<TextColumn> taken(std::vector<TextBuilder>& builders) {
  std::vector<TextColumn> columns;
  for (TextBuilder& builder : builders) columns.push_back(builder.take());
  return columns;
}

class CsvSource final : public Source {
 public:
  CsvSource(const DataSource& spec, const SourceContext& context, const Control* control)
      : Source(control),
        file_(spec.x),
        header_(spec.header),
        options_(spec.table),
        labels_(context.labels) {
    require_text(file_);
    format_.decimal = options_.decimal;
    format_.delimiter =
        options_.delimiter ? *options_.delimiter : guessed_delimiter(file_, options_.decimal);
    format_.names_may_lack_first = header_;
    const TableHeader header = read_header(spec);
    columns_ = table_columns(spec, header, context.training);
    if (context.training != nullptr && columns_.targets.empty())
      warnings_.push_back(file_.path().string() +
                          ": has no column for targets, so there are predictions of these samples "
                          "and no metrics");
    shape_.count = CsvReader::count_records(file_, format_, control_) - (header_ ? 1 : 0);
    shape_.outputs = std::ssize(columns_.targets);
    shape_.sample.channels = std::ssize(columns_.features);
    if (shape_.count == 0)
      refuse(file_.path(), "has no samples: only the line with the names of the columns");
  }

  [[nodiscard]] Dataset read(std::int64_t begin, std::int64_t count) const override {
    return read_rows(begin, count, true).data;
  }

  [[nodiscard]] Matrix read_targets(std::int64_t begin, std::int64_t count) const override {
    return std::move(read_rows(begin, count, false).data.y);
  }

  [[nodiscard]] const TableColumns* table() const override { return &columns_; }

  [[nodiscard]] SourceRows read_rows(std::int64_t begin, std::int64_t count,
                                     bool features) const override {
    std::vector<CsvField> fields;
    require_long_enough(count, fields);
    CsvReader reader(file_, format_, control_);
    skip(reader, begin, fields);
    SourceRows rows;
    auto x = Matrix::uninitialized(features ? count : 0, shape_.sample.channels);
    auto y = Matrix::uninitialized(count, shape_.outputs);
    WorkDone samples = work(count);
    std::vector<TextBuilder> x_text(columns_.features.size()), y_text(columns_.targets.size());
    for (std::int64_t i = 0; i < count; ++i) {
      next(reader, fields);
      rows.numbers.push_back(begin + i);
      for (std::size_t j = 0; features && j < columns_.features.size(); ++j)
        x(i, static_cast<std::int64_t>(j)) =
            feature(fields[columns_.features[j]], j, i, count, x_text[j]);
      for (std::size_t k = 0; k < columns_.targets.size(); ++k)
        y(i, static_cast<std::int64_t>(k)) =
            target(fields[columns_.targets[k]], i, count, y_text[k]);
      if ((i + 1) % lines_between_reports != 0) continue;
      samples.add(lines_between_reports);
      samples.check();
    }
    if (const std::int64_t rest = count % lines_between_reports; rest > 0) samples.add(rest);
    rows.data.x = Samples(std::move(x));
    rows.data.y = std::move(y);
    rows.x_text = taken(x_text);
    rows.y_text = taken(y_text);
    if (columns_.names.empty()) return rows;
    for (const std::size_t c : columns_.features) rows.data.x_names.push_back(columns_.names[c]);
    for (const std::size_t c : columns_.targets) rows.data.y_names.push_back(columns_.names[c]);
    return rows;
  }

 private:
  [[nodiscard]] Problem problem_with(std::int64_t row, std::size_t column,
                                     const std::string& message) const override {
    std::vector<CsvField> fields;
    CsvReader reader(file_, format_, control_);
    skip(reader, row, fields);
    next(reader, fields);
    return {.file = file_.path().string(),
            .line = fields[column].line,
            .column = fields[column].column,
            .pointer = {},
            .message = in_quotes(fields[column].text) + message};
  }

  TableHeader read_header(const DataSource& spec) {
    std::vector<CsvField> first, second;
    CsvReader reader(file_, format_, control_);
    if (!reader.next(first)) refuse(file_.path(), "is empty; expected lines of numbers");
    TableHeader header{.file = file_.path(), .names = {}, .width = first.size()};
    const auto is_ignored = [&](std::size_t position) {
      const auto& ignored = options_.ignore.indices;
      return std::find(ignored.begin(), ignored.end(), static_cast<std::int64_t>(position)) !=
             ignored.end();
    };
    if (!header_) {
      const CsvField& last = first.back();
      if (first.size() > 1 && last.text.empty() && !last.quoted &&
          options_.missing == MissingValues::error && !is_ignored(first.size() - 1))
        refuse_end(last);
      return header;
    }
    for (const CsvField& f : first) header.names.emplace_back(f.text);
    check_header(spec, first, header.names);
    const CsvField last = first.back();
    if (!reader.next(second)) return header;
    if (second.size() > first.size()) {
      header.names.insert(header.names.begin(), "");
      header.width = second.size();
      header.first_is_index = true;
      warnings_.push_back(file_.path().string() +
                          ": the first line has a name less than the others have fields, as R "
                          "writes tables: the first column, which names the rows, is ignored");
      return header;
    }
    if (second.size() > 1 && header.names.back().empty() && second.back().text.empty() &&
        !is_ignored(second.size() - 1))
      refuse_end(last);
    header.first_is_index = is_index(spec, header.names.front());
    if (header.first_is_index)
      warnings_.push_back(file_.path().string() + ": the first column, " +
                          in_quotes(header.names.front()) +
                          ", counts the rows, as the index of pandas does, and is ignored; give it "
                          "a name of its own to use it");
    return header;
  }

  [[noreturn]] void refuse_end(const CsvField& last) const {
    refuse(file_.path(),
           "the line ends with " + one_delimiter(format_.delimiter) +
               ", which begins a column without a name or values; remove it from every line, or "
               "name its index in \"ignore\"",
           last.line, last.column);
  }

  // If the first line is numbers but is declared a header, a sample would be lost silently. Numbers
  // are names if the experiment says so, by "header" or by a target of that name, and if they count
  // the columns.
  void check_header(const DataSource& spec, const std::vector<CsvField>& first,
                    const std::vector<std::string>& names) const {
    if (options_.header_given ||
        std::any_of(spec.target_names.begin(), spec.target_names.end(), [&](const auto& target) {
          return std::find(names.begin(), names.end(), target) != names.end();
        }))
      return;
    const CsvField* odd = nullptr;
    for (std::size_t c = 0; c < first.size(); ++c) {
      const std::optional<double> n = csv_number(first[c].text, format_.decimal);
      if (!n) return;
      if (odd == nullptr && *n != static_cast<double>(c) && *n != static_cast<double>(c + 1))
        odd = &first[c];
    }
    if (odd == nullptr) return;
    refuse(file_.path(),
           "the first line was expected to name the columns, but it holds numbers; if it is the "
           "first sample, set \"header\": false, and if these are names, \"header\": true",
           odd->line, odd->column);
  }

  // A first column that nobody named or asked for, of whole numbers, all different.
  [[nodiscard]] bool is_index(const DataSource& spec, const std::string& name) const {
    if (!name.empty() && name != "Unnamed: 0") return false;
    const auto asks = [&](const std::vector<std::string>& names,
                          const std::vector<std::int64_t>& indices) {
      return std::find(names.begin(), names.end(), name) != names.end() ||
             std::find(indices.begin(), indices.end(), 0) != indices.end();
    };
    if (asks(spec.target_names, spec.target_indices) ||
        asks(options_.categories.names, options_.categories.indices) ||
        asks(options_.ignore.names, options_.ignore.indices))
      return false;
    std::vector<CsvField> fields;
    CsvReader reader(file_, format_, control_);
    static_cast<void>(reader.next(fields));
    std::set<double> seen;
    while (seen.size() < rows_of_an_index && reader.next(fields)) {
      const std::optional<double> n = csv_number(fields.front().text, format_.decimal);
      if (!n || !(*n >= 0) || *n != std::floor(*n) || !seen.insert(*n).second) return false;
    }
    return !seen.empty();
  }

  // Every field takes at least one byte. If the file is too small for lines as wide as the first,
  // one of them is wrong; find it before memory is allocated.
  void require_long_enough(std::int64_t count, std::vector<CsvField>& fields) const {
    const auto width = static_cast<std::int64_t>(columns_.width);
    if (width < 2 || count <= largest_text(file_) / width) return;
    CsvReader lines(file_, format_, control_);
    while (lines.next(fields)) {
    }
  }

  void skip(CsvReader& reader, std::int64_t rows, std::vector<CsvField>& fields) const {
    for (std::int64_t i = header_ ? -1 : 0; i < rows; ++i) next(reader, fields);
  }

  void next(CsvReader& reader, std::vector<CsvField>& fields) const {
    if (!reader.next(fields)) refuse(file_.path(), "ended before its last line; was it changed?");
  }

  [[nodiscard]] double feature(const CsvField& field, std::size_t j, std::int64_t row,
                               std::int64_t rows, TextBuilder& text) const {
    const std::optional<double> number = csv_number(field.text, format_.decimal);
    if (number && std::isfinite(*number)) return *number;
    const std::string_view word = trimmed(field.text);
    const bool category = columns_.listed[j];
    // In quotes, words are words: R writes them so, and gaps without.
    if (is_gap(word) && !(category && field.quoted && !word.empty())) {
      if (options_.missing == MissingValues::error)
        refuse_gap(field,
                   "; fill it in, leave out the row, or choose \"missing\": \"drop\" or "
                   "\"mean\"");
      text.gap(row, rows);
    } else if (number || !(category || columns_.automatic)) {
      refuse_number(field,
                    "\"categories\" makes one feature of each word of a column, or of all such "
                    "columns (\"auto\"), and \"ignore\" leaves a column out");
    } else {
      text.word(row, rows, word);
    }
    return 0;
  }

  [[nodiscard]] double target(const CsvField& field, std::int64_t row, std::int64_t rows,
                              TextBuilder& text) const {
    const std::optional<double> number = csv_number(field.text, format_.decimal);
    if (number && std::isfinite(*number)) return *number;
    const std::string_view word = trimmed(field.text);
    if (is_gap(word) && !(labels_ && field.quoted && !word.empty())) {
      if (options_.missing != MissingValues::drop)
        refuse_gap(field,
                   "; a target has no substitute: fill it in, leave out the row, or choose "
                   "\"missing\": \"drop\"");
      text.gap(row, rows);
    } else if (number || !labels_) {
      refuse_number(field, "the step one_hot makes classes of words");
    } else {
      text.word(row, rows, word);
    }
    return 0;
  }

  [[noreturn]] void refuse_gap(const CsvField& field, const std::string& remedy) const {
    refuse(file_.path(),
           "a missing value" +
               (trimmed(field.text).empty() ? "" : " (" + in_quotes(field.text) + ")") + remedy,
           field.line, field.column);
  }

  // A field that is no number, or one that is not finite.
  [[noreturn]] void refuse_number(const CsvField& field, const std::string& for_words) const {
    const std::string_view text = trimmed(field.text);
    std::string remedy = "; " + for_words;
    if (!header_ && field.line == 1)
      remedy = "; if the first line names the columns, set \"header\": true";
    else if (is_csv_number(text, format_.decimal == '.' ? ',' : '.'))
      remedy = format_.decimal == '.'
                   ? "; if the comma is the decimal mark, set \"decimal\": \",\""
                   : "; decimals are written with a comma here; if it is a point, leave out "
                     "\"decimal\"";
    else if (text.find_first_of("0123456789") != std::string_view::npos &&
             text.find_first_not_of("0123456789+-., '") == std::string_view::npos)
      remedy = std::string("; decimals are written with a ") +
               (format_.decimal == '.' ? "point" : "comma") + ", and thousands without a mark";
    else if (const std::string_view other = other_separator(text);
             format_.delimiter == ',' && !other.empty())
      remedy = "; fields are separated by commas, these by " + std::string(other) +
               ": say with \"delimiter\" which it is";
    static_cast<void>(csv_number(file_, field, format_.decimal, remedy));
    refuse(file_.path(),
           in_quotes(field.text) + " is not finite; repair the number, or leave out the row",
           field.line, field.column);
  }

  InputFile file_;
  bool header_;
  TableOptions options_;
  bool labels_;
  CsvFormat format_;
  TableColumns columns_;
};

}  // namespace

std::unique_ptr<Source> open_csv_source(const DataSource& spec, const SourceContext& context,
                                        const Control* control) {
  return std::make_unique<CsvSource>(spec, context, control);
}

}  // namespace widelimit::detail
