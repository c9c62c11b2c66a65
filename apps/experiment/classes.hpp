// Classification from the Gaussian predictions of one-hot targets: class probabilities, their
// calibration, and the worst mistakes.
// Thread safety: pure functions.
#pragma once

#include "common/json.hpp"

#include <widelimit/matrix.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace widelimit::experiment {

/// The number of training samples of each class. A class that has none gets no probability and is
/// never predicted. Empty: every class has some.
using ClassSamples = std::span<const std::int64_t>;

/// Index of the greatest number; the first of equal ones. Classes without samples do not count.
[[nodiscard]] std::int64_t index_of_greatest(std::span<const double> row,
                                             ClassSamples samples = {});

/// The probability of each class that its output is the greatest, where the outputs of a sample are
/// independent Gaussians, here of the predictive distribution of an observation:
///   p_c = integral of N(z; mean_c, v_c) prod_{j != c} Phi((z - mean_j) / sqrt(v_j)) dz
/// This is the multinomial probit of Gaussian processes (Girolami and Rogers 2006, Neural
/// Computation 18), and one way to read regression to one-hot targets as classification, of which
/// Adlam et al. (arXiv:2010.07355) compare several. `variance` as `mean`: [samples, classes],
/// positive. Rows sum to one; the quadrature's error is of the order of rounding.
[[nodiscard]] Matrix class_probabilities(const Matrix& mean, const Matrix& variance,
                                         ClassSamples samples = {});

/// How many classes a confusion matrix may have.
inline constexpr std::int64_t max_confusion_classes = 100;

/// [[count]]: rows are the true classes, columns the predicted ones (the greatest mean). null for
/// more than max_confusion_classes.
[[nodiscard]] apps::Json confusion(const Matrix& mean, const Matrix& truth,
                                   ClassSamples samples = {});

/// Bins of confidence, of equal width.
inline constexpr std::int64_t confidence_bins = 15;

/// Of the probability given to the predicted class, the one of greatest mean:
///   {expected_calibration_error, log_loss, brier, bins: [{from, to, count, confidence, accuracy}]}
/// The error is sum over bins of count/m |accuracy - confidence| (Guo et al. 2017,
/// arXiv:1706.04599, equation 3), log_loss = mean -log p of the true class, brier = mean sum_c (p_c
/// - [c is true])^2 (Brier 1950). Bins are (from, to]; confidence and accuracy are the means of
/// their samples, null where there are none.
[[nodiscard]] apps::Json calibration(const Matrix& probabilities, const Matrix& mean,
                                     const Matrix& truth, ClassSamples samples = {});

struct Mistake {
  std::int64_t sample = 0, truth = 0, predicted = 0;
  /// The mean of the predicted class minus mean of the true one.
  double margin = 0;
};
/// At most `most` wrong samples, the largest margin first.
[[nodiscard]] std::vector<Mistake> worst_mistakes(const Matrix& mean, const Matrix& truth,
                                                  std::size_t most, ClassSamples samples = {});

}  // namespace widelimit::experiment
