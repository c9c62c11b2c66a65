// Reads the predictions of a run on its test set.
// Thread safety: pure functions.
#pragma once

#include "run.hpp"

#include <cstddef>
#include <vector>

namespace widelimit::report {

/// One output at one time; the vectors are of equal length, in the order of the test samples.
struct Prediction {
  std::vector<double> mean, deviation, truth;  ///< NaN where not known
  [[nodiscard]] bool has_deviation() const;
  [[nodiscard]] bool has_truth() const;
};
struct Predictions {
  double time = 0;      ///< the last one; NaN where the file has no times
  double diag_reg = 0;  ///< the one that is shown; NaN where the file has no ridges
  std::vector<Prediction> outputs;
  /// " at t = ∞", " with diag_reg 10⁻⁴", or nothing.
  [[nodiscard]] std::string at() const;
};

/// predictions/METHOD.KERNEL.csv. Throws Error that names the file.
Predictions read_predictions(const Run& run, const Inference& inference);

/// finite/predictions.npy: by output, by test sample, by member.
using MemberPredictions = std::vector<std::vector<std::vector<double>>>;
MemberPredictions read_member_predictions(const Run& run);

/// The only feature of the test samples, in their order; empty where they have several, or where
/// data/scatter.csv does not hold every test sample.
struct Line {
  std::vector<double> test, train;
  std::vector<std::vector<double>> train_targets;  ///< by output
};
Line read_line(const Run& run, std::size_t test_samples);

}  // namespace widelimit::report
