// Labels as targets: integers or words, one output a class.
#pragma once

#include <widelimit/error.hpp>
#include <widelimit/experiment/experiment.hpp>
#include <widelimit/matrix.hpp>

#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

namespace widelimit::detail {

class Classes {
 public:
  /// Of the training targets [n, 1]: their labels in ascending order, or 0 .. classes - 1 where
  /// `step` says how many there are and all labels are among these. `words`: labels are indices of
  /// these. Throws Error(usage) unless every target is an integer, there are at least two classes
  /// and as many as the step says.
  Classes(const PreprocessStep& step, const Matrix& train, const std::vector<std::string>& words);

  [[nodiscard]] std::int64_t count() const noexcept { return std::ssize(labels_); }
  /// Those of the step, else the labels; empty where the labels are 0, 1, ... anyway.
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
  /// The number of training samples of each class.
  [[nodiscard]] const std::vector<std::int64_t>& samples() const noexcept { return samples_; }
  /// [n, classes]: 1 at the label, else 0; minus 1 / classes where `centered`. `set` (train or
  /// test) appears in messages. Throws Error(usage) for a label that no class has.
  [[nodiscard]] Matrix one_hot(const Matrix& y, bool centered, SampleSet set) const;

 private:
  void require_stated(std::int64_t classes, const Matrix& train, bool words) const;
  [[nodiscard]] std::int64_t class_of(const Matrix& y, std::int64_t row, SampleSet set) const;
  [[nodiscard]] bool are_counted() const;
  [[nodiscard]] std::string labels_text() const;

  bool stated_ = false;  // the step says how many classes there are
  std::vector<double> labels_;
  std::vector<std::string> names_;
  std::vector<std::int64_t> samples_;
};

}  // namespace widelimit::detail
