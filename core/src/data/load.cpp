// Makes training and test sets from data sources: rows, offset, limit, split.
#include <widelimit/error.hpp>
#include <widelimit/experiment/data.hpp>

#include "base/sizes.hpp"
#include "data/encode_table.hpp"
#include "data/labels.hpp"
#include "data/preprocess_step.hpp"
#include "data/row_numbers.hpp"
#include "data/source.hpp"
#include "files/input_file.hpp"
#include "random/random.hpp"
#include "text/names.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

namespace widelimit {

namespace detail {

std::unique_ptr<Source> open_source(const DataSource& spec, const SourceContext& context,
                                    const Control* control) {
  switch (spec.type) {
    case SourceType::npy:
      return open_npy_source(spec, control);
    case SourceType::npz:
      return open_npz_source(spec, control);
    case SourceType::csv:
      return open_csv_source(spec, context, control);
    case SourceType::idx:
      return open_idx_source(spec, control);
    case SourceType::make_regression:
      break;
  }
  return open_regression_source(spec, control);
}

SourceRows Source::read_rows(std::int64_t begin, std::int64_t count, bool features) const {
  SourceRows rows;
  if (features)
    rows.data = read(begin, count);
  else
    rows.data.y = read_targets(begin, count);
  rows.numbers.resize(to_size(count));
  std::iota(rows.numbers.begin(), rows.numbers.end(), begin);
  return rows;
}

void Source::refuse_field(std::int64_t row, std::size_t column, const std::string& message) const {
  const Problem problem = problem_with(row, column, message);
  throw Error(ErrorCode::usage, {problem}, {.path = problem.file});
}

Problem Source::problem_with(std::int64_t row, std::size_t column,
                             const std::string& message) const {
  return {.file = {},
          .pointer = {},
          .message = "row " + std::to_string(row) + ", column " + std::to_string(column) + message};
}

namespace {

std::string samples_text(std::int64_t n) { return count_text(to_size(n), "sample"); }

// A source and the part of it that `rows`, `offset`, `limit` and missing values select.
class Window {
 public:
  Window(const DataSource& spec, const SourceContext& context, const Control* control)
      : spec_(spec), source_(open_source(spec, context, control)), begin_(spec.offset) {
    std::int64_t all = source_->shape().count;
    if (spec.rows) {
      rows_ = read_row_numbers(*spec.rows, all);
      all = std::ssize(rows_);
    }
    if (begin_ < 0 || begin_ >= all)
      throw Error(ErrorCode::usage,
                  "an offset of " + std::to_string(begin_) + " leaves nothing: the source has " +
                      samples_text(all),
                  spec.place.pointer + "/offset");
    count_ = all - begin_;
    if (spec.limit && *spec.limit < 1)
      throw Error(ErrorCode::usage, "at least one sample is needed", spec.place.pointer + "/limit");
    if (spec.limit) count_ = std::min(count_, *spec.limit);
    warnings_ = source_->warnings();
    if (source_->table() != nullptr && spec.table.missing == MissingValues::drop) drop_gaps();
  }
  [[nodiscard]] const Source& source() const noexcept { return *source_; }
  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept { return warnings_; }
  [[nodiscard]] DataShape shape() const {
    DataShape s = source_->shape();
    s.count = count_;
    return s;
  }
  // Is what the samples become known only when they are read?
  [[nodiscard]] bool is_encoded() const {
    const TableColumns* const table = source_->table();
    return table != nullptr &&
           (table->automatic || spec_.table.missing == MissingValues::mean ||
            std::find(table->listed.begin(), table->listed.end(), true) != table->listed.end());
  }
  [[nodiscard]] SourceRows read(bool features = true) const {
    return rows_.empty() ? source_->read_rows(begin_, count_, features) : read(all(), features);
  }
  // Samples of the window by number.
  [[nodiscard]] SourceRows read(std::vector<std::int64_t> chosen, bool features = true) const {
    const auto [first, last] = to_rows(chosen);
    return chosen_rows(source_->read_rows(first, last + 1 - first, features), chosen);
  }

 private:
  [[nodiscard]] std::vector<std::int64_t> all() const {
    std::vector<std::int64_t> numbers(to_size(count_));
    std::iota(numbers.begin(), numbers.end(), std::int64_t{0});
    return numbers;
  }
  // From numbers within the window to rows of the source, counted from the first of them.
  std::pair<std::int64_t, std::int64_t> to_rows(std::vector<std::int64_t>& chosen) const {
    for (std::int64_t& row : chosen) {
      row += begin_;
      if (!rows_.empty()) row = rows_[to_size(row)];
    }
    const auto [least, most] = std::ranges::minmax(chosen);
    for (std::int64_t& row : chosen) row -= least;
    return {least, most};
  }
  // Leaves the rows that are whole.
  void drop_gaps() {
    const SourceRows rows = read();
    std::vector<std::int64_t> whole;
    std::vector<std::string> dropped;
    constexpr std::size_t most_listed = 8;
    for (std::int64_t i = 0; i < count_; ++i) {
      const std::int64_t row = rows.numbers[to_size(i)];
      if (has_gap(rows, i))
        dropped.push_back(std::to_string(row));
      else
        whole.push_back(row);
    }
    if (dropped.empty()) return;
    const std::string file = spec_.x.string();
    if (whole.empty()) refuse(spec_.x, "has a missing value in every row; none is left");
    const std::size_t more = dropped.size() - std::min(dropped.size(), most_listed);
    const std::size_t count = dropped.size();
    dropped.resize(count - more);
    warnings_.push_back(file + ": " + count_text(count, "row") + " of " + std::to_string(count_) +
                        (count == 1 ? " has a missing value and is left out (from 0: "
                                    : " have a missing value and are left out (from 0: ") +
                        list_text(dropped) +
                        (more > 0 ? " and " + std::to_string(more) + " more" : "") +
                        "); samples are counted without them");
    rows_ = std::move(whole);
    begin_ = 0;
    count_ = std::ssize(rows_);
  }

  DataSource spec_;
  std::unique_ptr<Source> source_;
  std::vector<std::int64_t> rows_;  // empty: all
  std::int64_t begin_ = 0, count_ = 0;
  std::vector<std::string> warnings_;
};

std::string features_text(const DataShape& s) {
  std::string text = "[sample";
  for (const std::int64_t site : s.sample.sites) text += ", " + std::to_string(site);
  return text + ", " + std::to_string(s.sample.channels) + "]";
}

void require_same_shape(const DataSpec& spec, const DataShape& train, const DataShape& test) {
  const std::string pointer = spec.test ? spec.test->place.pointer : spec.place.pointer;
  if (train.sample != test.sample)
    throw Error(ErrorCode::usage,
                "the test samples are " + features_text(test) + ", the training samples " +
                    features_text(train) + "; they must agree in everything but their number",
                pointer);
  if (test.outputs != 0 && train.outputs != test.outputs)
    throw Error(ErrorCode::usage,
                "the test targets have " + std::to_string(test.outputs) +
                    " outputs, the training targets " + std::to_string(train.outputs),
                pointer);
}

// ceil(n fraction), where a product within rounding error of a whole number counts as that number:
// 70 x 0.1 is 7 tests, not 8.
std::int64_t test_count(std::int64_t n, const DataSpec& spec) {
  const double fraction = spec.split->test_fraction;
  const auto fail = [&](const std::string& message) {
    throw Error(ErrorCode::usage, message, spec.place.pointer + "/split/test_fraction");
  };
  if (!(fraction > 0 && fraction < 1)) fail("expected a fraction between 0 and 1");
  const double exact = static_cast<double>(n) * fraction, whole = std::round(exact);
  const bool rounding =
      std::abs(exact - whole) <= 4 * std::numeric_limits<double>::epsilon() * exact;
  const auto tests = static_cast<std::int64_t>(rounding ? whole : std::ceil(exact));
  if (tests < 1 || tests >= n)
    fail(samples_text(tests) + " of " + std::to_string(n) +
         " would be for the test; both parts need at least one");
  return tests;
}

struct SplitRows {
  std::vector<std::int64_t> train, test;
};

// Test rows are the start of a permutation (or the last rows, without shuffling); both parts keep
// the order of the file.
SplitRows split_rows(std::int64_t n, const DataSpec& spec, std::uint64_t seed) {
  // A stream of the experiment's seed: "split" in ASCII.
  constexpr std::uint64_t split_stream = 0x73706c6974;
  const std::int64_t tests = test_count(n, spec);
  std::vector<bool> is_test(to_size(n), false);
  if (spec.split->shuffle) {
    const std::vector<std::int64_t> order = permutation(seed, split_stream, n);
    for (std::int64_t i = 0; i < tests; ++i) is_test[to_size(order[to_size(i)])] = true;
  } else {
    std::fill(is_test.end() - tests, is_test.end(), true);
  }
  SplitRows rows;
  for (std::int64_t i = 0; i < n; ++i) (is_test[to_size(i)] ? rows.test : rows.train).push_back(i);
  return rows;
}

DataShape shape_of(const Dataset& data) {
  return {.count = data.x.count(), .sample = data.x.shape(), .outputs = data.y.cols()};
}

// The windows of an experiment.
struct Windows {
  Windows(const DataSpec& spec, const Control* control)
      : train(spec.train, {.labels = spec.labels}, control) {
    if (!spec.test) return;
    test.emplace(*spec.test,
                 SourceContext{.labels = spec.labels, .training = train.source().table()}, control);
    if (!train.is_encoded()) require_same_shape(spec, train.shape(), test->shape());
  }

  Window train;
  std::optional<Window> test;
};

TrainTest load(const DataSpec& spec, std::uint64_t seed, const Windows& windows) {
  const Window &train = windows.train, &test = windows.test ? *windows.test : windows.train;
  TrainTest data;
  data.warnings = train.warnings();
  if (windows.test)
    data.warnings.insert(data.warnings.end(), test.warnings().begin(), test.warnings().end());
  SourceRows train_rows = train.read();
  std::optional<SourceRows> test_rows;
  if (windows.test) {
    test_rows = test.read();
  } else if (spec.split) {
    const SplitRows rows = split_rows(train_rows.data.y.rows(), spec, seed);
    test_rows = chosen_rows(train_rows, rows.test);
    train_rows = chosen_rows(train_rows, rows.train);
  }
  const DataSource& test_spec = spec.test ? *spec.test : spec.train;
  data.encoding =
      learn_encoding(train_rows, train.source(), spec.train.table.missing, data.warnings);
  data.train = encoded(std::move(train_rows), data.encoding, train.source(),
                       spec.train.table.unknown, SampleSet::train, data.warnings);
  if (!test_rows) return data;
  data.test = encoded(std::move(*test_rows), data.encoding, test.source(), test_spec.table.unknown,
                      SampleSet::test, data.warnings);
  require_same_shape(spec, shape_of(data.train), shape_of(*data.test));
  return data;
}

}  // namespace

}  // namespace detail

TrainTest load_data(const DataSpec& spec, std::uint64_t seed, Control* control) {
  return detail::load(spec, seed, detail::Windows(spec, control));
}

Dataset load_test_samples(const DataSpec& spec, std::uint64_t seed,
                          std::span<const std::int64_t> chosen, Control* control) {
  const detail::Windows windows(spec, control);
  const detail::Window& window = windows.test ? *windows.test : windows.train;
  std::vector<std::int64_t> samples(chosen.begin(), chosen.end());
  std::int64_t count = spec.test ? window.shape().count : 0;
  std::vector<std::int64_t> tests;
  if (!spec.test && spec.split) {
    tests = detail::split_rows(window.shape().count, spec, seed).test;
    count = std::ssize(tests);
  }
  for (std::int64_t& sample : samples) {
    if (sample < 0 || sample >= count)
      throw Error(ErrorCode::usage, "there is no test sample " + std::to_string(sample) +
                                        " (from 0); there are " + std::to_string(count));
    if (!tests.empty()) sample = tests[to_size(sample)];
  }
  if (samples.empty()) throw Error(ErrorCode::usage, "the list of test samples is empty");
  return window.read(std::move(samples)).data;
}

DataShapes inspect_data(const DataSpec& spec, std::span<const PreprocessStep> steps,
                        std::uint64_t seed, Control* control) {
  const detail::Windows windows(spec, control);
  const detail::Window& train = windows.train;
  DataShapes shapes{train.shape(), std::nullopt};
  if (train.is_encoded()) {
    const TrainTest data = detail::load(spec, seed, windows);
    shapes.train = detail::shape_of(data.train);
    if (data.test) shapes.test = detail::shape_of(*data.test);
  } else if (windows.test) {
    shapes.test = windows.test->shape();
  } else if (spec.split) {
    shapes.test = shapes.train;
    shapes.test->count = detail::test_count(shapes.train.count, spec);
    shapes.train.count -= shapes.test->count;
  }
  for (const PreprocessStep& step : steps) {
    if (step.type != PreprocessType::one_hot) continue;
    std::int64_t classes = step.classes.value_or(0);
    if (!step.classes) {
      detail::SourceRows rows = train.read(false);
      if (spec.split)
        rows = detail::chosen_rows(rows, detail::split_rows(rows.data.y.rows(), spec, seed).train);
      const std::vector<std::string> words = detail::learn_labels(rows);
      classes = !words.empty() ? std::ssize(words) : detail::in_step(step, [&] {
        return detail::Classes(step, rows.data.y, {}).count();
      });
    }
    shapes.train.outputs = classes;
    if (shapes.test && shapes.test->outputs != 0) shapes.test->outputs = classes;
  }
  return shapes;
}

}  // namespace widelimit
