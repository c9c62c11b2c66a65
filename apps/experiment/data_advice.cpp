// Means and deviations of samples and targets against what arithmetic and prior can hold.
#include "data_advice.hpp"

#include "common/numbers.hpp"
#include "common/sizes.hpp"

#include <widelimit/inference.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace widelimit::experiment {
namespace {

/// Roots of means of squares over the features.
struct Spread {
  double mean = 0;
  double varying_mean = 0;  ///< the same without the means of features that are constant
  double deviation = 0;
  bool varies = false;  ///< does any feature?
};

/// Divides by the largest number first, so that no square overflows.
template <class T>
Spread spread_of(const BasicMatrix<T>& x) {
  double largest = 0;
  for (const T v : x.flat()) largest = std::max(largest, std::abs(static_cast<double>(v)));
  if (largest == 0) return {};
  const auto n = static_cast<double>(x.rows()), d = static_cast<double>(x.cols());
  std::vector<double> mean(to_size(x.cols()), 0.0), variance = mean;
  for (std::int64_t i = 0; i < x.rows(); ++i)
    for (std::size_t j = 0; j < mean.size(); ++j) mean[j] += x.row(i)[j] / largest / n;
  std::vector<char> varies(mean.size(), 0);
  for (std::int64_t i = 0; i < x.rows(); ++i)
    for (std::size_t j = 0; j < mean.size(); ++j) {
      const double difference = x.row(i)[j] / largest - mean[j];
      variance[j] += difference * difference / n;
      varies[j] = static_cast<char>(varies[j] | static_cast<char>(x.row(i)[j] != x.row(0)[j]));
    }
  double square = 0, varying_square = 0, deviation_square = 0;
  for (std::size_t j = 0; j < mean.size(); ++j) {
    square += mean[j] * mean[j] / d;
    if (varies[j] == 0) continue;
    varying_square += mean[j] * mean[j] / d;
    deviation_square += variance[j] / d;
  }
  return {largest * std::sqrt(square), largest * std::sqrt(varying_square),
          largest * std::sqrt(deviation_square), std::ranges::count(varies, 1) > 0};
}

/// The digits of the deviations that are left. Kernels are computed from inner products in float64,
/// in which deviations stand beside the square of the offset. Rounding of the samples to float32
/// loses digits before that.
double digits_left(const Spread& spread, Precision precision) {
  constexpr double unit64 = std::numeric_limits<double>::epsilon() / 2,
                   unit32 = std::numeric_limits<float>::epsilon() / 2;
  const double ratio = spread.mean / spread.deviation;
  double lost = unit64 * ratio * ratio;
  if (precision == Precision::float32)
    lost = std::max(lost, unit32 * spread.varying_mean / spread.deviation);
  return -std::log10(lost);
}

struct Moments {
  double mean = 0, deviation = 0;
};

/// Of column j. Divides by the largest number first, so that no square overflows.
Moments moments_of(const Matrix& y, std::int64_t j) {
  const auto n = static_cast<double>(y.rows());
  double largest = 0, mean = 0, variance = 0;
  for (std::int64_t i = 0; i < y.rows(); ++i) largest = std::max(largest, std::abs(y(i, j)));
  if (largest == 0) return {};
  for (std::int64_t i = 0; i < y.rows(); ++i) mean += y(i, j) / largest / n;
  for (std::int64_t i = 0; i < y.rows(); ++i) {
    const double difference = y(i, j) / largest - mean;
    variance += difference * difference / n;
  }
  return {largest * mean, largest * std::sqrt(variance)};
}

/// The root of the mean variance of the test samples, or else of the training samples; NaN where
/// neither is held.
double prior_deviation(const HeldKernels& held, Kernel kernel) {
  double sum = 0, count = 0;
  const Matrix& train = held.blocks[kernel].train_train;
  if (!held.test_diagonal[kernel].empty()) {
    for (const double v : held.test_diagonal[kernel]) sum += v;
    count = static_cast<double>(held.test_diagonal[kernel].size());
  } else {
    for (std::int64_t i = 0; i < train.rows(); ++i) sum += train(i, i);
    count = static_cast<double>(train.rows());
  }
  return std::sqrt(sum / count);
}

bool has_variances(const InferenceOptions& options) {
  return options.covariance != Covariance::none ||
         (options.leave_one_out && options.kernel != DrivingKernel::ntk);
}

}  // namespace

std::optional<std::string> offset_warning(const Samples& train) {
  constexpr double enough_digits = 4;
  const bool f32 = train.precision() == Precision::float32;
  const std::string type = f32 ? "float32" : "float64";
  const Spread spread = f32 ? spread_of(train.f32()) : spread_of(train.f64());
  if (train.count() < 2 || spread.mean == 0) return std::nullopt;
  const std::string remedy =
      R"(; put "standardize_x" first in "preprocess", or "center_x", which keeps distances)";
  if (!spread.varies)
    return "/data/train: all " + apps::count_text(train.count()) +
           " training samples are equal in " + type + ", with a mean of " +
           apps::rounded_text(spread.mean) +
           ", so that nothing can be learnt from them; if they differ in the file, their offset "
           "hides it" +
           remedy;
  const double digits = digits_left(spread, train.precision());
  if (digits >= enough_digits) return std::nullopt;
  const auto whole = static_cast<std::int64_t>(std::max(digits, 0.0));
  return "/data/train: the training samples have a mean of " + apps::rounded_text(spread.mean) +
         " beside a deviation of " + apps::rounded_text(spread.deviation) +
         (train.features() > 1 ? " (root mean squares over the features)" : "") +
         ", so that kernels from " + type + " samples keep " +
         (whole == 0 ? "no digit" : "about " + apps::count_text(whole, "digit", "digits")) +
         " of what tells the samples apart" + remedy;
}

std::optional<std::string> prior_warning(const Matrix& targets, const TargetTransform& transform,
                                         const HeldKernels& held,
                                         std::span<const PlannedInference> inferences) {
  constexpr double far = 10;  // deviations
  if (!transform.mean.empty() || transform.classes) return std::nullopt;
  for (const PlannedInference& inference : inferences) {
    const InferenceOptions& options = inference.options;
    const double prior =
        prior_deviation(held, options.kernel == DrivingKernel::ntkgp ? Kernel::ntk : Kernel::nngp);
    if (!(prior > 0)) continue;
    const bool variances = has_variances(options);
    for (std::int64_t j = 0; j < targets.cols(); ++j) {
      const Moments of = moments_of(targets, j);
      // Without variances the scale of the prior does not matter, but an offset does.
      const bool far_mean =
          std::abs(of.mean) > far * prior && (variances || std::abs(of.mean) > far * of.deviation);
      if (!far_mean && !(variances && of.deviation > far * prior)) continue;
      return inference.spec->place.pointer + ": the training targets" +
             (targets.cols() > 1 ? " of output " + std::to_string(j) + " (counted from 0)" : "") +
             " have a mean of " + apps::rounded_text(of.mean) + " and a deviation of " +
             apps::rounded_text(of.deviation) + ", the prior of \"" + inference.id +
             "\" a mean of 0 and a deviation of " + apps::rounded_text(prior) +
             (variances ? ": variances follow the prior, so nlpd and coverage_95 are not those of "
                          "these targets"
                        : ": predictions far from the training samples return to 0, and a ridge "
                          "takes its share of the mean") +
             R"(; add "standardize_y" to "preprocess")";
    }
  }
  return std::nullopt;
}

}  // namespace widelimit::experiment
