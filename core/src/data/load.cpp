// Makes training and test sets from data sources: rows, offset, limit, split.
#include <widelimit/error.hpp>
#include <widelimit/experiment/data.hpp>

#include "data/labels.hpp"
#include "data/preprocess_step.hpp"
#include "data/row_numbers.hpp"
#include "data/source.hpp"
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

std::unique_ptr<Source> open_source(const DataSource& spec, const Control* control) {
  switch (spec.type) {
    case SourceType::npy:
      return open_npy_source(spec, control);
    case SourceType::npz:
      return open_npz_source(spec, control);
    case SourceType::csv:
      return open_csv_source(spec, control);
    case SourceType::idx:
      return open_idx_source(spec, control);
    case SourceType::make_regression:
      break;
  }
  return open_regression_source(spec, control);
}

namespace {

std::string samples_text(std::int64_t n) { return counted(static_cast<std::size_t>(n), "sample"); }

template <class T>
BasicMatrix<T> rows_of(const BasicMatrix<T>& m, const std::vector<std::int64_t>& rows) {
  auto out = BasicMatrix<T>::uninitialized(static_cast<std::int64_t>(rows.size()), m.cols());
  T* to = out.data();
  for (const std::int64_t r : rows) to = std::copy_n(m.row(r).data(), m.cols(), to);
  return out;
}

Dataset part(const Dataset& all, const std::vector<std::int64_t>& rows) {
  Dataset some;
  some.x = all.x.precision() == Precision::float64
               ? Samples(rows_of(all.x.f64(), rows), all.x.shape().sites)
               : Samples(rows_of(all.x.f32(), rows), all.x.shape().sites);
  some.y = rows_of(all.y, rows);
  some.x_names = all.x_names;
  some.y_names = all.y_names;
  return some;
}

// A source and the part of it that `rows`, `offset` and `limit` select.
class Window {
 public:
  Window(const DataSource& spec, const Control* control)
      : source_(open_source(spec, control)), begin_(spec.offset) {
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
    if (!spec.limit) return;
    if (*spec.limit < 1)
      throw Error(ErrorCode::usage, "at least one sample is needed", spec.place.pointer + "/limit");
    count_ = std::min(count_, *spec.limit);
  }
  [[nodiscard]] DataShape shape() const {
    DataShape s = source_->shape();
    s.count = count_;
    return s;
  }
  [[nodiscard]] Dataset read() const {
    return rows_.empty() ? source_->read(begin_, count_) : read(all());
  }
  // Samples of the window by number.
  [[nodiscard]] Dataset read(std::vector<std::int64_t> chosen) const {
    const auto [first, last] = to_rows(chosen);
    return part(source_->read(first, last + 1 - first), chosen);
  }
  [[nodiscard]] Matrix read_targets() const {
    if (rows_.empty()) return source_->read_targets(begin_, count_);
    std::vector<std::int64_t> chosen = all();
    const auto [first, last] = to_rows(chosen);
    return rows_of(source_->read_targets(first, last + 1 - first), chosen);
  }

 private:
  [[nodiscard]] std::vector<std::int64_t> all() const {
    std::vector<std::int64_t> numbers(static_cast<std::size_t>(count_));
    std::iota(numbers.begin(), numbers.end(), std::int64_t{0});
    return numbers;
  }
  // From numbers within the window to rows of the source, counted from the first of them.
  std::pair<std::int64_t, std::int64_t> to_rows(std::vector<std::int64_t>& chosen) const {
    for (std::int64_t& row : chosen) {
      row += begin_;
      if (!rows_.empty()) row = rows_[static_cast<std::size_t>(row)];
    }
    const auto [least, most] = std::ranges::minmax(chosen);
    for (std::int64_t& row : chosen) row -= least;
    return {least, most};
  }

  std::unique_ptr<Source> source_;
  std::vector<std::int64_t> rows_;  // empty: all
  std::int64_t begin_ = 0, count_ = 0;
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
  if (train.outputs != test.outputs)
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
  std::vector<bool> is_test(static_cast<std::size_t>(n), false);
  if (spec.split->shuffle) {
    const std::vector<std::int64_t> order = permutation(seed, split_stream, n);
    for (std::int64_t i = 0; i < tests; ++i)
      is_test[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])] = true;
  } else {
    std::fill(is_test.end() - tests, is_test.end(), true);
  }
  SplitRows rows;
  for (std::int64_t i = 0; i < n; ++i)
    (is_test[static_cast<std::size_t>(i)] ? rows.test : rows.train).push_back(i);
  return rows;
}

}  // namespace

}  // namespace detail

TrainTest load_data(const DataSpec& spec, std::uint64_t seed, Control* control) {
  const detail::Window train(spec.train, control);
  if (spec.test) {
    const detail::Window test(*spec.test, control);
    detail::require_same_shape(spec, train.shape(), test.shape());
    return {train.read(), test.read()};
  }
  Dataset all = train.read();
  if (!spec.split) return {std::move(all), std::nullopt};
  const detail::SplitRows rows = detail::split_rows(all.y.rows(), spec, seed);
  return {detail::part(all, rows.train), detail::part(all, rows.test)};
}

Dataset load_test_samples(const DataSpec& spec, std::uint64_t seed,
                          std::span<const std::int64_t> chosen, Control* control) {
  const detail::Window window(spec.test ? *spec.test : spec.train, control);
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
    if (!tests.empty()) sample = tests[static_cast<std::size_t>(sample)];
  }
  if (samples.empty()) throw Error(ErrorCode::usage, "the list of test samples is empty");
  return window.read(std::move(samples));
}

DataShapes inspect_data(const DataSpec& spec, std::span<const PreprocessStep> steps,
                        Control* control) {
  const detail::Window window(spec.train, control);
  DataShapes shapes{window.shape(), std::nullopt};
  if (spec.test) {
    shapes.test = detail::Window(*spec.test, control).shape();
    detail::require_same_shape(spec, shapes.train, *shapes.test);
  } else if (spec.split) {
    shapes.test = shapes.train;
    shapes.test->count = detail::test_count(shapes.train.count, spec);
    shapes.train.count -= shapes.test->count;
  }
  for (const PreprocessStep& step : steps) {
    if (step.type != PreprocessType::one_hot) continue;
    std::int64_t classes = step.classes.value_or(0);
    if (!step.classes) {
      const Matrix targets = window.read_targets();
      classes = detail::in_step(step, [&] { return detail::count_classes(targets); });
    }
    shapes.train.outputs = classes;
    if (shapes.test) shapes.test->outputs = classes;
  }
  return shapes;
}

}  // namespace widelimit
