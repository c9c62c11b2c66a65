// Tables of words, means of columns, and their application.
#include "data/encode_table.hpp"

#include "base/sizes.hpp"
#include "text/names.hpp"
#include "text/numbers.hpp"
#include "text/quoting.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>

namespace widelimit {

namespace detail {

namespace {

constexpr std::size_t most_shown = 8, many_words = 50;

std::string column_text(const TableEncoding::Column& column) {
  return "column " + (column.name.empty() ? std::to_string(column.position) + " (counted from 0)"
                                          : in_quotes(column.name));
}

std::string words_text(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t k = 0; k < std::min(words.size(), most_shown); ++k)
    text += (k == 0 ? "" : ", ") + in_quotes(words[k]);
  return text + (words.size() > most_shown
                     ? " and " + std::to_string(words.size() - most_shown) + " more"
                     : "");
}

std::int32_t kind(const TextColumn& text, std::int64_t row) {
  return text.cells.empty() ? TextColumn::number : text.cells[to_size(row)];
}

// What a cell says as a word; a number as its shortest digits, so that 1 and 1.0 are the same.
std::string word_of(const TextColumn& text, std::int64_t row, double number) {
  const std::int32_t cell = kind(text, row);
  return cell == TextColumn::number ? number_text(number) : text.words[to_size(cell - 1)];
}

template <class Value>
std::vector<std::string> distinct_words(const TextColumn& text, std::int64_t rows, Value value) {
  std::set<std::string> words;
  for (std::int64_t i = 0; i < rows; ++i)
    if (kind(text, i) != TextColumn::gap) words.insert(word_of(text, i, value(i)));
  return {words.begin(), words.end()};
}

struct Counts {
  std::int64_t numbers = 0, gaps = 0, first_word = -1;
  double sum = 0;
};

Counts counts_of(const SourceRows& train, std::size_t j) {
  const Samples& x = train.data.x;
  Counts counts;
  for (std::int64_t i = 0; i < x.count(); ++i) {
    const std::int32_t cell = kind(train.x_text[j], i);
    if (cell == TextColumn::number) {
      ++counts.numbers;
      // A running mean: the sum of numbers near the largest does not fit.
      counts.sum += (x.at(i, static_cast<std::int64_t>(j)) - counts.sum) /
                    static_cast<double>(counts.numbers);
    } else if (cell == TextColumn::gap) {
      ++counts.gaps;
    } else if (counts.first_word < 0) {
      counts.first_word = i;
    }
  }
  return counts;
}

// Where the word is among those of the column; unset: nowhere.
std::optional<std::int64_t> index_of(const std::vector<std::string>& words,
                                     const std::string& word) {
  const auto found = std::lower_bound(words.begin(), words.end(), word);
  if (found == words.end() || *found != word) return std::nullopt;
  return found - words.begin();
}

// Writes the features of one column; counts what is unusual.
class ColumnWriter {
 public:
  ColumnWriter(const TableEncoding::Column& column, std::size_t position, const SourceRows& rows,
               const Source& source)
      : column_(column), position_(position), rows_(rows), source_(source) {}

  void write(const TextColumn& text, std::int64_t j, UnknownWords unknown, std::int64_t first,
             Matrix& out) {
    for (std::int64_t i = 0; i < out.rows(); ++i) {
      const std::int32_t cell = kind(text, i);
      const double number = rows_.data.x.at(i, j);
      if (cell == TextColumn::gap) {
        gap(i, first, out);
      } else if (column_.category) {
        word(i, word_of(text, i, number), unknown, first, out);
      } else if (cell == TextColumn::number) {
        out(i, first) = number;
      } else {
        refuse(i, " is not a number; in the training samples " + column_text(column_) +
                      " holds numbers alone");
      }
    }
  }

  [[nodiscard]] std::vector<std::string> warnings(SampleSet set) const {
    std::vector<std::string> all;
    const std::string samples = set == SampleSet::test ? "test samples" : "training samples";
    if (!unknown_.empty())
      all.push_back(column_text(column_) + " has words in the " + samples +
                    " that no training sample has, which count as none of its words: " +
                    words_text({unknown_.begin(), unknown_.end()}));
    if (unmarked_ > 0)
      all.push_back(column_text(column_) + " has " + count_text(to_size(unmarked_), "gap") +
                    " in the " + samples + " and none in training: " +
                    (column_.category ? "they count as none of its words"
                                      : "the mean stands there, and nothing marks it"));
    return all;
  }

 private:
  [[nodiscard]] std::int64_t width() const {
    return column_.category ? std::ssize(column_.words) : 1;
  }
  [[noreturn]] void refuse(std::int64_t i, const std::string& message) const {
    source_.refuse_field(rows_.numbers[to_size(i)], position_, message);
  }
  void gap(std::int64_t i, std::int64_t first, Matrix& out) {
    if (!column_.category) out(i, first) = column_.mean;
    if (column_.marks_gaps)
      out(i, first + width()) = 1;
    else
      ++unmarked_;
  }
  void word(std::int64_t i, const std::string& word, UnknownWords unknown, std::int64_t first,
            Matrix& out) {
    if (const auto index = index_of(column_.words, word)) {
      out(i, first + *index) = 1;
      return;
    }
    if (unknown == UnknownWords::error)
      refuse(i, " is a word that no training sample has in " + column_text(column_) +
                    "; they have " + words_text(column_.words) +
                    "; \"unknown\": \"zeros\" takes it for none of them");
    unknown_.insert(word);
  }

  const TableEncoding::Column& column_;
  std::size_t position_;
  const SourceRows& rows_;
  const Source& source_;
  std::set<std::string> unknown_;
  std::int64_t unmarked_ = 0;
};

bool changes_features(const TableEncoding& encoding, const SourceRows& rows) {
  return std::any_of(encoding.columns.begin(), encoding.columns.end(),
                     [](const auto& column) { return column.category || column.marks_gaps; }) ||
         std::any_of(rows.x_text.begin(), rows.x_text.end(),
                     [](const TextColumn& text) { return !text.cells.empty(); });
}

void encode_features(SourceRows& rows, const TableEncoding& encoding, const Source& source,
                     UnknownWords unknown, SampleSet set, std::vector<std::string>& warnings) {
  Matrix x(rows.data.x.count(), encoding.features());
  std::int64_t first = 0;
  for (std::size_t j = 0; j < encoding.columns.size(); ++j) {
    const TableEncoding::Column& column = encoding.columns[j];
    ColumnWriter writer(column, source.table()->features[j], rows, source);
    writer.write(rows.x_text[j], static_cast<std::int64_t>(j), unknown, first, x);
    for (std::string& text : writer.warnings(set)) warnings.push_back(std::move(text));
    first += (column.category ? std::ssize(column.words) : 1) + (column.marks_gaps ? 1 : 0);
  }
  rows.data.x = Samples(std::move(x));
}

void encode_labels(SourceRows& rows, const TableEncoding& encoding, const Source& source) {
  Matrix& y = rows.data.y;
  for (std::int64_t i = 0; i < y.rows(); ++i) {
    const auto index = index_of(encoding.labels, word_of(rows.y_text.front(), i, y(i, 0)));
    if (!index)
      source.refuse_field(
          rows.numbers[to_size(i)], source.table()->targets.front(),
          " is a label that no training sample has; they have " + words_text(encoding.labels));
    y(i, 0) = static_cast<double>(*index);
  }
}

TextColumn chosen_cells(const TextColumn& all, const std::vector<std::int64_t>& chosen) {
  TextColumn some;
  some.words = all.words;
  if (all.cells.empty()) return some;
  for (const std::int64_t row : chosen) some.cells.push_back(all.cells[to_size(row)]);
  if (std::all_of(some.cells.begin(), some.cells.end(),
                  [](std::int32_t cell) { return cell == TextColumn::number; }))
    some.cells.clear();
  return some;
}

template <class T>
BasicMatrix<T> rows_of(const BasicMatrix<T>& m, const std::vector<std::int64_t>& rows) {
  auto out = BasicMatrix<T>::uninitialized(static_cast<std::int64_t>(rows.size()), m.cols());
  T* to = out.data();
  for (const std::int64_t r : rows) to = std::copy_n(m.row(r).data(), m.cols(), to);
  return out;
}

}  // namespace

SourceRows chosen_rows(const SourceRows& all, const std::vector<std::int64_t>& chosen) {
  SourceRows some;
  const Samples& x = all.data.x;
  if (x.count() > 0)
    some.data.x = x.precision() == Precision::float64
                      ? Samples(rows_of(x.f64(), chosen), x.shape().sites)
                      : Samples(rows_of(x.f32(), chosen), x.shape().sites);
  some.data.y = rows_of(all.data.y, chosen);
  some.data.x_names = all.data.x_names;
  some.data.y_names = all.data.y_names;
  for (const TextColumn& text : all.x_text) some.x_text.push_back(chosen_cells(text, chosen));
  for (const TextColumn& text : all.y_text) some.y_text.push_back(chosen_cells(text, chosen));
  for (const std::int64_t row : chosen) some.numbers.push_back(all.numbers[to_size(row)]);
  return some;
}

bool has_gap(const SourceRows& rows, std::int64_t i) {
  const auto gap = [&](const TextColumn& text) { return kind(text, i) == TextColumn::gap; };
  return std::any_of(rows.x_text.begin(), rows.x_text.end(), gap) ||
         std::any_of(rows.y_text.begin(), rows.y_text.end(), gap);
}

TableEncoding learn_encoding(const SourceRows& train, const Source& source, MissingValues missing,
                             std::vector<std::string>& warnings) {
  TableEncoding encoding;
  const TableColumns* const table = source.table();
  if (table == nullptr) return encoding;
  const std::int64_t rows = train.data.x.count();
  for (std::size_t j = 0; j < train.x_text.size(); ++j) {
    TableEncoding::Column column{
        .name = table->names.empty() ? std::string() : table->names[table->features[j]],
        .position = static_cast<std::int64_t>(table->features[j])};
    const Counts counts = counts_of(train, j);
    column.category = table->listed[j] || counts.first_word >= 0;
    if (counts.first_word >= 0 && counts.numbers > 0 && !table->listed[j])
      source.refuse_field(train.numbers[to_size(counts.first_word)], table->features[j],
                          " is not a number, and " + column_text(column) +
                              " holds numbers too; name it in \"categories\" to take all its "
                              "values for words");
    if (counts.gaps == rows)
      source.refuse_field(train.numbers.front(), table->features[j],
                          " is a missing value, as all of " + column_text(column) +
                              " are in the training samples; name it in \"ignore\"");
    if (column.category)
      column.words = distinct_words(train.x_text[j], rows, [&](std::int64_t i) {
        return train.data.x.at(i, static_cast<std::int64_t>(j));
      });
    else
      column.mean = counts.sum;
    column.marks_gaps = missing == MissingValues::mean && counts.gaps > 0;
    if (column.words.size() > many_words && 2 * std::ssize(column.words) > rows)
      warnings.push_back(column_text(column) + " has " + std::to_string(column.words.size()) +
                         " different words in " + std::to_string(rows) +
                         " training samples, and each becomes a feature; if they are only names, "
                         "put the column in \"ignore\"");
    encoding.columns.push_back(std::move(column));
  }
  encoding.labels = learn_labels(train);
  return encoding;
}

std::vector<std::string> learn_labels(const SourceRows& train) {
  if (train.y_text.size() != 1 || train.y_text.front().cells.empty()) return {};
  return distinct_words(train.y_text.front(), train.data.y.rows(),
                        [&](std::int64_t i) { return train.data.y(i, 0); });
}

Dataset encoded(SourceRows rows, const TableEncoding& encoding, const Source& source,
                UnknownWords unknown, SampleSet set, std::vector<std::string>& warnings) {
  if (source.table() == nullptr) return std::move(rows.data);
  if (changes_features(encoding, rows)) {
    encode_features(rows, encoding, source, unknown, set, warnings);
    rows.data.x_names = encoding.feature_names();
  }
  if (rows.data.has_targets()) {
    for (std::size_t k = 0; k < rows.y_text.size(); ++k)
      for (std::int64_t i = 0; i < rows.data.y.rows() && encoding.labels.empty(); ++i)
        if (kind(rows.y_text[k], i) != TextColumn::number)
          source.refuse_field(
              rows.numbers[to_size(i)], source.table()->targets[k],
              set == SampleSet::test
                  ? " is not a number; the targets of the training samples are numbers alone"
                  : " is not a number; words are labels where there is one target, not " +
                        std::to_string(rows.y_text.size()));
    if (!encoding.labels.empty()) encode_labels(rows, encoding, source);
  }
  return std::move(rows.data);
}

}  // namespace detail

std::int64_t TableEncoding::features() const {
  std::int64_t count = 0;
  for (const Column& column : columns)
    count += (column.category ? static_cast<std::int64_t>(column.words.size()) : 1) +
             (column.marks_gaps ? 1 : 0);
  return count;
}

std::vector<std::string> TableEncoding::feature_names() const {
  const bool named = std::any_of(columns.begin(), columns.end(), [](const Column& column) {
    return !column.name.empty() || column.category || column.marks_gaps;
  });
  std::vector<std::string> names;
  for (const Column& column : columns) {
    if (!named) break;
    const std::string name =
        column.name.empty() ? "x" + std::to_string(column.position) : column.name;
    for (const std::string& word : column.words) names.push_back(name + "=" + word);
    if (!column.category) names.push_back(name);
    if (column.marks_gaps) names.push_back(name + " is missing");
  }
  return names;
}

}  // namespace widelimit
