// Checks labels, and turns them into one output for each class.
#include "data/labels.hpp"

#include "text/numbers.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

namespace widelimit::detail {

namespace {

constexpr double most_classes = 1 << 20;  // larger targets are not labels

const char* name_of(SampleSet set) { return set == SampleSet::test ? "test" : "training"; }

void require_one_column(const Matrix& y) {
  if (y.cols() != 1)
    throw Error(ErrorCode::usage, "one_hot needs one label a sample, the targets have " +
                                      std::to_string(y.cols()) + " outputs");
}

std::int64_t label_of(const Matrix& y, std::int64_t row, SampleSet set) {
  const double label = y(row, 0);
  if (!(label >= 0 && label < most_classes && label == std::floor(label)))
    throw Error(ErrorCode::usage,
                std::string("one_hot needs integer labels from 0 on; the target of ") +
                    name_of(set) + " sample " + std::to_string(row) +
                    " (counted from 0, after offset, limit and split) is " + number_text(label),
                {}, {.sample = SampleNumber{set, row}});
  return static_cast<std::int64_t>(label);
}

}  // namespace

std::int64_t count_classes(const Matrix& y) {
  require_one_column(y);
  std::int64_t classes = 0;
  for (std::int64_t i = 0; i < y.rows(); ++i)
    classes = std::max(classes, label_of(y, i, SampleSet::train) + 1);
  if (classes < 2)
    throw Error(ErrorCode::usage,
                "every training label is 0: one class gives nothing to learn (set \"classes\" if "
                "there are more)");
  return classes;
}

Matrix one_hot(const Matrix& y, std::int64_t classes, bool centered, SampleSet set) {
  require_one_column(y);
  if (classes < 2) throw Error(ErrorCode::usage, "at least two classes are needed", "/classes");
  const double cold = centered ? -1.0 / static_cast<double>(classes) : 0.0;
  Matrix out(y.rows(), classes);
  for (std::int64_t i = 0; i < y.rows(); ++i) {
    const std::int64_t label = label_of(y, i, set);
    if (label >= classes)
      throw Error(ErrorCode::usage,
                  "the label of " + std::string(name_of(set)) + " sample " + std::to_string(i) +
                      " (counted from 0, after offset, limit and split) is " +
                      std::to_string(label) + "; of " + std::to_string(classes) +
                      " classes the labels are 0 to " + std::to_string(classes - 1),
                  {}, {.sample = SampleNumber{set, i}});
    std::ranges::fill(out.row(i), cold);
    out(i, label) += 1.0;
  }
  return out;
}

}  // namespace widelimit::detail
