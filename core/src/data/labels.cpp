// Finds the classes of labels, and turns labels into one output for each.
#include "data/labels.hpp"

#include "base/sizes.hpp"
#include "text/numbers.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

namespace widelimit::detail {

namespace {

constexpr std::size_t most_classes = 1 << 20;       // more targets are not labels
constexpr double largest_label = 9007199254740992;  // 2^53: up to here float64 has every integer

const char* name_of(SampleSet set) { return set == SampleSet::test ? "test" : "training"; }

std::string sample_text(SampleSet set, std::int64_t row) {
  return std::string(name_of(set)) + " sample " + std::to_string(row) +
         " (counted from 0, after offset, limit and split)";
}

void require_one_column(const Matrix& y) {
  if (y.cols() != 1)
    throw Error(ErrorCode::usage, "one_hot needs one label a sample, the targets have " +
                                      std::to_string(y.cols()) + " outputs");
}

double label_of(const Matrix& y, std::int64_t row, SampleSet set) {
  const double label = y(row, 0);
  if (!(std::abs(label) <= largest_label && label == std::floor(label)))
    throw Error(ErrorCode::usage,
                "one_hot needs integers or words as labels; the target of " +
                    sample_text(set, row) + " is " + number_text(label),
                {}, {.sample = SampleNumber{set, row}});
  return label;
}

}  // namespace

Classes::Classes(const PreprocessStep& step, const Matrix& train,
                 const std::vector<std::string>& words)
    : stated_(step.classes.has_value()) {
  require_one_column(train);
  if (step.classes && *step.classes < 2)
    throw Error(ErrorCode::usage, "at least two classes are needed", "/classes");
  std::set<double> labels;
  for (std::int64_t i = 0; i < train.rows(); ++i) {
    labels.insert(label_of(train, i, SampleSet::train));
    if (labels.size() > most_classes)
      throw Error(ErrorCode::usage,
                  "the training targets have more than a million different values; they are no "
                  "labels");
  }
  labels_.assign(labels.begin(), labels.end());
  if (step.classes) {
    const auto classes = static_cast<double>(*step.classes);
    if (words.empty() && labels_.front() >= 0 && labels_.back() < classes) {
      labels_.clear();
      for (double label = 0; label < classes; ++label) labels_.push_back(label);
    }
    require_stated(*step.classes, train, !words.empty());
  }
  if (count() < 2)
    throw Error(ErrorCode::usage,
                "every training label is " + (words.empty() ? labels_text() : words.front()) +
                    ": one class gives nothing to learn (set \"classes\" if there are more)");
  if (!step.names.empty() && std::ssize(step.names) != count())
    throw Error(ErrorCode::usage,
                std::to_string(step.names.size()) + " names for " + std::to_string(count()) +
                    " classes; give one a class, in the order of the labels",
                "/names");
  names_ = !step.names.empty() ? step.names : words;
  if (names_.empty() && !are_counted())
    for (const double label : labels_) names_.push_back(number_text(label));
  samples_.resize(labels_.size());
  for (std::int64_t i = 0; i < train.rows(); ++i)
    ++samples_[to_size(class_of(train, i, SampleSet::train))];
}

// Of a stated number of classes: are the labels 0, 1, ... or as many as that?
void Classes::require_stated(std::int64_t classes, const Matrix& train, bool words) const {
  if (count() == classes) return;
  if (words)
    throw Error(ErrorCode::usage,
                "the training samples have " + std::to_string(count()) +
                    " words for labels; expected as many",
                "/classes");
  std::int64_t row = 0;
  while (train(row, 0) >= 0 && train(row, 0) < static_cast<double>(classes)) ++row;
  throw Error(ErrorCode::usage,
              "the label of " + sample_text(SampleSet::train, row) + " is " +
                  number_text(train(row, 0)) + "; of " + std::to_string(classes) +
                  " classes the labels are 0 to " + std::to_string(classes - 1) + ", or any " +
                  std::to_string(classes) + "; the training samples have " +
                  std::to_string(count()) + " (" + labels_text() + ")",
              {}, {.sample = SampleNumber{SampleSet::train, row}});
}

bool Classes::are_counted() const {
  return labels_.front() == 0 && labels_.back() == static_cast<double>(count() - 1);
}

std::string Classes::labels_text() const {
  constexpr std::size_t most = 10;
  std::string text;
  for (std::size_t k = 0; k < std::min(most, labels_.size()); ++k)
    text += (k == 0 ? "" : ", ") + number_text(labels_[k]);
  return text + (labels_.size() > most ? ", ..." : "");
}

std::int64_t Classes::class_of(const Matrix& y, std::int64_t row, SampleSet set) const {
  const double label = label_of(y, row, set);
  const auto found = std::lower_bound(labels_.begin(), labels_.end(), label);
  if (found != labels_.end() && *found == label) return found - labels_.begin();
  throw Error(
      ErrorCode::usage,
      "the label of " + sample_text(set, row) + " is " + number_text(label) +
          (stated_ ? "; of " + std::to_string(count()) + " classes the labels are "
                   : ", which no training sample has; the labels are ") +
          (stated_ && are_counted() ? "0 to " + std::to_string(count() - 1) : labels_text()) +
          (!stated_ && label >= 0
               ? "; with \"classes\" they are 0 to classes - 1, and such samples count as "
                 "wrong"
               : ""),
      {}, {.sample = SampleNumber{set, row}});
}

Matrix Classes::one_hot(const Matrix& y, bool centered, SampleSet set) const {
  require_one_column(y);
  const double cold = centered ? -1.0 / static_cast<double>(count()) : 0.0;
  Matrix out(y.rows(), count());
  for (std::int64_t i = 0; i < y.rows(); ++i) {
    const std::int64_t at = class_of(y, i, set);
    std::ranges::fill(out.row(i), cold);
    out(i, at) += 1.0;
  }
  return out;
}

}  // namespace widelimit::detail
