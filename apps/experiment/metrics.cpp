// The metrics of metrics.json.
#include "metrics.hpp"

#include "classes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace widelimit::experiment {
namespace {

using apps::Json;

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();
/// The 97.5 % quantile of the standard normal distribution.
constexpr double z_95 = 1.959963984540054;

/// Of a(i) and b(i), i < n, in two passes; undefined where one of them does not vary.
template <class A, class B>
double pearson(std::int64_t n, A a, B b) {
  const auto count = static_cast<double>(n);
  double mean_a = 0, mean_b = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    mean_a += a(i) / count;
    mean_b += b(i) / count;
  }
  double aa = 0, bb = 0, ab = 0, top_a = 0, top_b = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const double da = a(i) - mean_a, db = b(i) - mean_b;
    aa += da * da;
    bb += db * db;
    ab += da * db;
    top_a = std::max(top_a, std::abs(a(i)));
    top_b = std::max(top_b, std::abs(b(i)));
  }
  // A constant differs from its computed mean only by rounding.
  const double rounding = count * std::numeric_limits<double>::epsilon();
  if (std::sqrt(aa / count) <= rounding * top_a || std::sqrt(bb / count) <= rounding * top_b)
    return undefined;
  return std::clamp(ab / std::sqrt(aa) / std::sqrt(bb), -1.0, 1.0);
}

double r2(const Matrix& mean, const Matrix& truth) {
  double sum = 0;
  for (std::int64_t o = 0; o < truth.cols(); ++o) {
    double average = 0, top = 0;
    for (std::int64_t i = 0; i < truth.rows(); ++i) {
      average += truth(i, o) / static_cast<double>(truth.rows());
      top = std::max(top, std::abs(truth(i, o)));
    }
    double residual = 0, total = 0;
    for (std::int64_t i = 0; i < truth.rows(); ++i) {
      residual += (truth(i, o) - mean(i, o)) * (truth(i, o) - mean(i, o));
      total += (truth(i, o) - average) * (truth(i, o) - average);
    }
    const auto count = static_cast<double>(truth.rows());
    if (std::sqrt(total / count) <= count * std::numeric_limits<double>::epsilon() * top)
      return undefined;
    sum += 1 - residual / total;
  }
  return sum / static_cast<double>(truth.cols());
}

struct Density {
  double nlpd = undefined, coverage = undefined;
};

Density density(const Matrix& mean, const Matrix& variance, const Matrix& truth) {
  double nlpd = 0;
  std::int64_t covered = 0;
  for (std::int64_t i = 0; i < truth.rows(); ++i)
    for (std::int64_t o = 0; o < truth.cols(); ++o) {
      const double error = truth(i, o) - mean(i, o), v = variance(i, o);
      if (!(v > 0)) return {};
      nlpd += 0.5 * (std::log(2 * std::numbers::pi * v) + error * error / v);
      covered += std::abs(error) <= z_95 * std::sqrt(v) ? 1 : 0;
    }
  const auto entries = static_cast<double>(truth.size());
  return {nlpd / entries, static_cast<double>(covered) / entries};
}

Json correlations(const Matrix& mean, const Matrix& truth, const Samples& x) {
  Json::Array y, features;
  for (std::int64_t o = 0; o < truth.cols(); ++o)
    y.push_back(pearson(
        truth.rows(), [&](std::int64_t i) { return mean(i, o); },
        [&](std::int64_t i) { return truth(i, o); }));
  for (std::int64_t f = 0; f < std::min(x.features(), max_features); ++f) {
    Json::Array outputs;
    for (std::int64_t o = 0; o < truth.cols(); ++o)
      outputs.push_back(pearson(
          truth.rows(), [&](std::int64_t i) { return mean(i, o); },
          [&](std::int64_t i) { return x.at(i, f); }));
    features.push_back(std::move(outputs));
  }
  return Json::Object{{"y", std::move(y)}, {"features", std::move(features)}};
}

Json::Object errors(const Predicted& predicted, const Matrix& truth, bool one_hot) {
  const Matrix& mean = *predicted.mean;
  double absolute = 0;
  for (std::int64_t i = 0; i < truth.rows(); ++i)
    for (std::int64_t o = 0; o < truth.cols(); ++o) absolute += std::abs(truth(i, o) - mean(i, o));
  const Density observed =
      predicted.variance ? density(mean, *predicted.variance, truth) : Density{};
  Json::Object all{{"rmse", rmse(mean, truth)},
                   {"mae", absolute / static_cast<double>(truth.size())},
                   {"r2", r2(mean, truth)},
                   {"nlpd", observed.nlpd},
                   {"coverage_95", observed.coverage}};
  if (one_hot) all.set("accuracy", accuracy(mean, truth, predicted.class_samples));
  return all;
}

}  // namespace

double rmse(const Matrix& mean, const Matrix& truth) {
  double squares = 0;
  for (std::int64_t i = 0; i < truth.rows(); ++i)
    for (std::int64_t o = 0; o < truth.cols(); ++o)
      squares += (truth(i, o) - mean(i, o)) * (truth(i, o) - mean(i, o));
  return std::sqrt(squares / static_cast<double>(truth.size()));
}

double accuracy(const Matrix& mean, const Matrix& truth, ClassSamples samples) {
  std::int64_t right = 0;
  for (std::int64_t i = 0; i < truth.rows(); ++i)
    right += index_of_greatest(mean.row(i), samples) == index_of_greatest(truth.row(i)) ? 1 : 0;
  return static_cast<double>(right) / static_cast<double>(truth.rows());
}

Json metrics(const Predicted& predicted, const Matrix& truth, const Samples& x, bool one_hot) {
  Json::Object all = errors(predicted, truth, one_hot);
  all.set("pearson", correlations(*predicted.mean, truth, x));
  if (!one_hot) return all;
  all.set("confusion", confusion(*predicted.mean, truth, predicted.class_samples));
  all.set("calibration", predicted.probabilities == nullptr
                             ? Json()
                             : calibration(*predicted.probabilities, *predicted.mean, truth,
                                           predicted.class_samples));
  return all;
}

Json left_out_metrics(const Predicted& left_out, const Matrix& truth, double log_evidence,
                      bool one_hot) {
  Json::Object all = errors(left_out, truth, one_hot);
  all.set("log_evidence", log_evidence);
  return all;
}

}  // namespace widelimit::experiment
