// Quadrature over the greatest output; counting.
#include "classes.hpp"

#include "common/sizes.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <utility>

namespace widelimit::experiment {
namespace {

using apps::Json;

/// Beyond so many deviations a Gaussian has less than 1e-16 of its mass.
constexpr double reach = 8.5;
/// In deviations. The trapezoidal rule on a Gaussian misses e^(-2 pi^2 / step^2), which is below
/// rounding from a step of 0.7 down; products with distribution functions vary faster.
constexpr double step = 0.2;

double density(double z) { return std::exp(-0.5 * z * z) / std::sqrt(2 * std::numbers::pi); }
double distribution(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

/// One row of probabilities. On a grid z of values of the greatest output, p_c gains N_c(z) / Phi_c
/// times the product of all Phi: one distribution function an output and point.
class Row {
 public:
  explicit Row(std::int64_t classes)
      : distributions_(to_size(classes)), densities_(distributions_) {}

  void probabilities(std::span<const double> mean, std::span<const double> variance,
                     std::span<double> out) {
    double from = -std::numeric_limits<double>::infinity(), to = from;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t c = 0; c < mean.size(); ++c) {
      const double deviation = std::sqrt(variance[c]);
      from = std::max(from, mean[c] - reach * deviation);
      to = std::max(to, mean[c] + reach * deviation);
      least = std::min(least, deviation);
    }
    std::ranges::fill(out, 0.0);
    const auto points = static_cast<std::int64_t>(std::ceil((to - from) / (step * least)));
    for (std::int64_t i = 0; i <= points; ++i)
      add(from + static_cast<double>(i) * step * least, mean, variance, out);
    double sum = 0;
    for (const double p : out) sum += p;
    for (double& p : out) p /= sum;
  }

 private:
  void add(double z, std::span<const double> mean, std::span<const double> variance,
           std::span<double> out) {
    double product = 1;
    for (std::size_t c = 0; c < mean.size(); ++c) {
      const double deviation = std::sqrt(variance[c]), at = (z - mean[c]) / deviation;
      distributions_[c] = distribution(at);
      densities_[c] = density(at) / deviation;
      product *= distributions_[c];
    }
    // Nowhere zero: the grid begins where the least of them is a few 1e-17.
    for (std::size_t c = 0; c < mean.size(); ++c)
      out[c] += product / distributions_[c] * densities_[c];
  }

  std::vector<double> distributions_, densities_;
};

}  // namespace

std::int64_t index_of_greatest(std::span<const double> row, ClassSamples samples) {
  std::size_t best = row.size();
  for (std::size_t c = 0; c < row.size(); ++c)
    if ((samples.empty() || samples[c] > 0) && (best == row.size() || row[c] > row[best])) best = c;
  return static_cast<std::int64_t>(best);
}

Matrix class_probabilities(const Matrix& mean, const Matrix& variance, ClassSamples samples) {
  std::vector<std::int64_t> taken;
  for (std::int64_t c = 0; c < mean.cols(); ++c)
    if (samples.empty() || samples[to_size(c)] > 0) taken.push_back(c);
  Matrix out(mean.rows(), mean.cols());
  Row row(std::ssize(taken));
  std::vector<double> means(taken.size()), variances(taken.size()), probabilities(taken.size());
  for (std::int64_t i = 0; i < mean.rows(); ++i) {
    for (std::size_t k = 0; k < taken.size(); ++k) {
      means[k] = mean(i, taken[k]);
      variances[k] = variance(i, taken[k]);
    }
    row.probabilities(means, variances, probabilities);
    for (std::size_t k = 0; k < taken.size(); ++k) out(i, taken[k]) = probabilities[k];
  }
  return out;
}

Json confusion(const Matrix& mean, const Matrix& truth, ClassSamples samples) {
  const std::int64_t classes = truth.cols();
  if (classes > max_confusion_classes) return {};
  std::vector<std::vector<std::int64_t>> counts(to_size(classes),
                                                std::vector<std::int64_t>(to_size(classes)));
  for (std::int64_t i = 0; i < truth.rows(); ++i)
    ++counts[to_size(index_of_greatest(truth.row(i)))]
            [to_size(index_of_greatest(mean.row(i), samples))];
  return counts;
}

Json calibration(const Matrix& probabilities, const Matrix& mean, const Matrix& truth,
                 ClassSamples samples) {
  struct Bin {
    std::int64_t count = 0, right = 0;
    double confidence = 0;
  };
  std::vector<Bin> bins(to_size(confidence_bins));
  double log_loss = 0, brier = 0;
  for (std::int64_t i = 0; i < truth.rows(); ++i) {
    const std::span<const double> p = probabilities.row(i);
    const std::int64_t right = index_of_greatest(truth.row(i)),
                       guess = index_of_greatest(mean.row(i), samples);
    const double confidence = p[to_size(guess)];
    const auto at = std::clamp<std::int64_t>(
        static_cast<std::int64_t>(std::ceil(confidence * confidence_bins)) - 1, 0,
        confidence_bins - 1);
    Bin& bin = bins[to_size(at)];
    ++bin.count;
    bin.right += right == guess ? 1 : 0;
    bin.confidence += confidence;
    log_loss -= std::log(std::max(p[to_size(right)], std::numeric_limits<double>::min()));
    for (std::size_t c = 0; c < p.size(); ++c) {
      const double miss = p[c] - (std::cmp_equal(c, right) ? 1 : 0);
      brier += miss * miss;
    }
  }
  const auto all = static_cast<double>(truth.rows());
  double error = 0;
  Json::Array list;
  for (std::size_t b = 0; b < bins.size(); ++b) {
    const Bin& bin = bins[b];
    const auto count = static_cast<double>(bin.count);
    // Of an empty bin both are 0 / 0, which is null.
    const double confidence = bin.confidence / count;
    const double accuracy = static_cast<double>(bin.right) / count;
    if (bin.count > 0) error += count / all * std::abs(accuracy - confidence);
    list.push_back(
        Json::Object{{"from", static_cast<double>(b) / static_cast<double>(confidence_bins)},
                     {"to", static_cast<double>(b + 1) / static_cast<double>(confidence_bins)},
                     {"count", bin.count},
                     {"confidence", confidence},
                     {"accuracy", accuracy}});
  }
  return Json::Object{{"expected_calibration_error", error},
                      {"log_loss", log_loss / all},
                      {"brier", brier / all},
                      {"bins", std::move(list)}};
}

std::vector<Mistake> worst_mistakes(const Matrix& mean, const Matrix& truth, std::size_t most,
                                    ClassSamples samples) {
  std::vector<Mistake> all;
  for (std::int64_t i = 0; i < truth.rows(); ++i) {
    const std::int64_t right = index_of_greatest(truth.row(i)),
                       guess = index_of_greatest(mean.row(i), samples);
    if (right != guess) all.push_back({i, right, guess, mean(i, guess) - mean(i, right)});
  }
  std::ranges::stable_sort(all, std::greater<>(), &Mistake::margin);
  all.resize(std::min(all.size(), most));
  return all;
}

}  // namespace widelimit::experiment
