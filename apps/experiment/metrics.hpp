// The quality of predictions, in the units of the targets.
// Thread safety: pure functions.
#pragma once

#include "classes.hpp"
#include "common/json.hpp"

#include <widelimit/matrix.hpp>

#include <optional>

namespace widelimit::experiment {

struct Predicted {
  /// [m, outputs]
  const Matrix* mean = nullptr;
  /// [m, outputs], of an observation; NULL: not known
  const Matrix* variance = nullptr;
  /// [m, outputs], of classes; NULL: not known
  const Matrix* probabilities = nullptr;
  /// Of classes.
  ClassSamples class_samples = {};
};

/// Pearson correlations are given for at most so many features.
inline constexpr std::int64_t max_features = 20;

/// {rmse, mae, r2, nlpd, coverage_95, pearson {y, features}} and, where `one_hot`, accuracy and the
/// confusion and calibration of classes.hpp; what is not defined is null: r2 and correlations of
/// something constant, nlpd, coverage and calibration without variances. With m samples, O outputs
/// and truth y:
///   rmse = sqrt(mean (y - mean)^2), mae = mean |y - mean|             over all m O entries
///   r2 = mean over outputs of 1 - sum (y - mean)^2 / sum (y - mean of y)^2
///   nlpd = mean (log(2 pi v) + (y - mean)^2 / v) / 2, coverage_95 = share of |y - mean| <= z
///   sqrt(v) with z = 1.959964 (Rasmussen and Williams 2006, section 2.5, on the log density as a
///   loss) accuracy = share of samples whose largest mean and largest truth are the same output
[[nodiscard]] apps::Json metrics(const Predicted& predicted, const Matrix& truth, const Samples& x,
                                 bool one_hot);

/// As above.
[[nodiscard]] double rmse(const Matrix& mean, const Matrix& truth);
[[nodiscard]] double accuracy(const Matrix& mean, const Matrix& truth, ClassSamples samples = {});

/// The same errors for training samples that are each predicted from the others, against their
/// `truth`, and log_evidence as given (inference.hpp).
[[nodiscard]] apps::Json left_out_metrics(const Predicted& left_out, const Matrix& truth,
                                          double log_evidence, bool one_hot);

}  // namespace widelimit::experiment
