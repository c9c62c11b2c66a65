// From data sources to training and test sets: offset, limit, split.
#include <widelimit/data.hpp>
#include <widelimit/error.hpp>

#include "data/labels.hpp"
#include "data/source.hpp"
#include "random/random.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace widelimit {

namespace detail {

std::unique_ptr<Source> open_source(const DataSource& spec) {
  switch (spec.type) {
    case SourceType::npy:
      return open_npy_source(spec);
    case SourceType::csv:
      return open_csv_source(spec);
    case SourceType::idx:
      return open_idx_source(spec);
    case SourceType::make_regression:
      break;
  }
  return open_regression_source(spec);
}

namespace {

std::string samples_text(std::int64_t n) {
  return std::to_string(n) + (n == 1 ? " sample" : " samples");
}

// A source and the part of it that `offset` and `limit` leave.
struct Window {
  explicit Window(const DataSource& spec) : source(open_source(spec)), begin(spec.offset) {
    const std::int64_t all = source->shape().count;
    if (begin < 0 || begin >= all)
      throw Error(ErrorCode::usage,
                  "an offset of " + std::to_string(begin) + " leaves nothing: the source has " +
                      samples_text(all),
                  spec.place.pointer + "/offset");
    count = all - begin;
    if (!spec.limit) return;
    if (*spec.limit < 1)
      throw Error(ErrorCode::usage, "at least one sample is needed", spec.place.pointer + "/limit");
    count = std::min(count, *spec.limit);
  }
  [[nodiscard]] DataShape shape() const {
    DataShape s = source->shape();
    s.count = count;
    return s;
  }
  [[nodiscard]] Dataset read() const { return source->read(begin, count); }

  std::unique_ptr<Source> source;
  std::int64_t begin = 0, count = 0;
};

std::string features_text(const DataShape& s) {
  std::string text = "[sample";
  for (const std::int64_t site : s.sites) text += ", " + std::to_string(site);
  return text + ", " + std::to_string(s.channels) + "]";
}

void require_same_shape(const DataSpec& spec, const DataShape& train, const DataShape& test) {
  const std::string pointer = spec.test ? spec.test->place.pointer : spec.place.pointer;
  if (train.sites != test.sites || train.channels != test.channels)
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

// ceil(n fraction), where a product that misses a whole number by rounding alone is that number:
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
               ? Samples(rows_of(all.x.f64(), rows), all.x.sites())
               : Samples(rows_of(all.x.f32(), rows), all.x.sites());
  some.y = rows_of(all.y, rows);
  some.x_names = all.x_names;
  some.y_names = all.y_names;
  return some;
}

// Test rows are the start of a permutation (or the last rows, without shuffling); both parts keep
// the order of the file.
TrainTest split(const Dataset& all, const DataSpec& spec, std::uint64_t seed) {
  constexpr std::uint64_t of_split = 0x73706c6974;  // a stream of the experiment's seed: "split"
  const std::int64_t n = all.y.rows(), tests = test_count(n, spec);
  std::vector<bool> is_test(static_cast<std::size_t>(n), false);
  if (spec.split->shuffle) {
    const std::vector<std::int64_t> order = permutation(seed, of_split, n);
    for (std::int64_t i = 0; i < tests; ++i)
      is_test[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])] = true;
  } else {
    std::fill(is_test.end() - tests, is_test.end(), true);
  }
  std::vector<std::int64_t> train_rows, test_rows;
  for (std::int64_t i = 0; i < n; ++i)
    (is_test[static_cast<std::size_t>(i)] ? test_rows : train_rows).push_back(i);
  return {part(all, train_rows), part(all, test_rows)};
}

}  // namespace

}  // namespace detail

TrainTest load_data(const DataSpec& spec, std::uint64_t seed) {
  const detail::Window train(spec.train);
  if (spec.test) {
    const detail::Window test(*spec.test);
    detail::require_same_shape(spec, train.shape(), test.shape());
    return {train.read(), test.read()};
  }
  if (spec.split) return detail::split(train.read(), spec, seed);
  return {train.read(), std::nullopt};
}

DataShapes inspect_data(const DataSpec& spec, std::span<const PreprocessStep> steps) {
  const detail::Window window(spec.train);
  DataShapes shapes{window.shape(), std::nullopt};
  if (spec.test) {
    shapes.test = detail::Window(*spec.test).shape();
    detail::require_same_shape(spec, shapes.train, *shapes.test);
  } else if (spec.split) {
    shapes.test = shapes.train;
    shapes.test->count = detail::test_count(shapes.train.count, spec);
    shapes.train.count -= shapes.test->count;
  }
  for (const PreprocessStep& step : steps) {
    if (step.type != PreprocessType::one_hot) continue;
    const std::int64_t classes =
        step.classes
            ? *step.classes
            : detail::count_classes(window.source->read_targets(window.begin, window.count), step);
    shapes.train.outputs = classes;
    if (shapes.test) shapes.test->outputs = classes;
  }
  return shapes;
}

}  // namespace widelimit
