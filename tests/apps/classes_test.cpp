// Class probabilities, calibration and mistakes against values worked out by hand, closed forms and
// sampling.
#include "experiment/classes.hpp"
#include "experiment/metrics.hpp"
#include "support/experiments.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <random>
#include <vector>

using namespace widelimit;
using namespace widelimit::experiment;
using widelimit::apps::Json;
using widelimit::test::at;
using widelimit::test::number;

namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();

double distribution(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

Matrix probabilities_of(const Matrix& mean, double variance) {
  Matrix v(mean.rows(), mean.cols());
  for (double& entry : v.flat()) entry = variance;
  return class_probabilities(mean, v);
}

}  // namespace

TEST_CASE("of two classes the probability is the distribution function of their difference") {
  for (const double gap : {0.0, 0.1, 1.0, 3.0, 7.0})
    for (const double v1 : {0.3, 2.0})
      for (const double v2 : {0.3, 5.0}) {
        const Matrix p = class_probabilities({{1 + gap, 1}}, {{v1, v2}});
        const double wrong = distribution(-gap / std::sqrt(v1 + v2));
        CHECK(std::abs(p(0, 0) - (1 - wrong)) < 10 * eps);
        CHECK(std::abs(p(0, 1) - wrong) < 10 * eps);
      }
}

TEST_CASE("classes of one mean and variance are equally probable, however many") {
  for (const std::int64_t classes : {2, 3, 10, 500}) {
    const Matrix p = probabilities_of(Matrix(1, classes), 0.7);
    const auto share = 1 / static_cast<double>(classes);
    for (const double each : p.flat()) CHECK(std::abs(each - share) < 100 * eps * share);
  }
}

TEST_CASE("three classes, the greatest of which follows from the angle of a wedge") {
  // Output 0 is the greatest where x0 - x1 and x0 - x2 are positive: with equal means an orthant of
  // correlation v0 / sqrt((v0 + v1)(v0 + v2)), 1/4 + arcsin(rho) / (2 pi) (Sheppard 1899).
  const double v[] = {0.5, 1, 2};
  const Matrix p = class_probabilities({{3, 3, 3}}, {{v[0], v[1], v[2]}});
  for (int c = 0; c < 3; ++c) {
    const double own = v[c], a = v[(c + 1) % 3], b = v[(c + 2) % 3];
    const double rho = own / std::sqrt((own + a) * (own + b));
    CHECK(std::abs(p(0, c) - (0.25 + std::asin(rho) / (2 * std::numbers::pi))) < 20 * eps);
  }
}

TEST_CASE("class probabilities are how often each output is the greatest of samples") {
  const double mean[] = {0.2, 0.5, -0.1, 0.45}, variance[] = {0.09, 0.04, 0.5, 0.01};
  const Matrix p = class_probabilities({{mean[0], mean[1], mean[2], mean[3]}},
                                       {{variance[0], variance[1], variance[2], variance[3]}});
  std::mt19937_64 engine(7);
  std::normal_distribution<double> normal;
  constexpr int draws = 400000;
  int counts[4] = {};
  for (int i = 0; i < draws; ++i) {
    std::vector<double> y;
    for (int c = 0; c < 4; ++c) y.push_back(mean[c] + std::sqrt(variance[c]) * normal(engine));
    ++counts[index_of_greatest(y)];
  }
  for (int c = 0; c < 4; ++c) {
    const double error = std::sqrt(p(0, c) * (1 - p(0, c)) / draws);
    CHECK(std::abs(counts[c] / static_cast<double>(draws) - p(0, c)) < 4 * error);
  }
}

TEST_CASE("a class far behind has no probability, and nothing is lost by it") {
  const Matrix p = class_probabilities({{100, 0, 99.9}}, {{1e-4, 1e-4, 4}});
  CHECK(p(0, 1) == 0);
  CHECK(std::abs(p(0, 0) + p(0, 2) - 1) < 2 * eps);
  CHECK(std::abs(p(0, 0) - distribution(0.1 / std::sqrt(4 + 1e-4))) < 100 * eps);
}

TEST_CASE("the confusion matrix counts true classes by row and predicted ones by column") {
  const Matrix truth{{1, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
      mean{{0.9, 0, 0}, {0, 0.2, 0.1}, {0, 0.2, 0.1}, {0.5, 0, 0.4}};
  CHECK(confusion(mean, truth).one_line() == "[[1, 1, 0], [0, 1, 0], [1, 0, 0]]");
  CHECK(confusion(Matrix(1, 101), Matrix(1, 101)).is_null());
}

TEST_CASE("calibration of four predictions, by hand") {
  // Confidences 0.9, 0.9, 0.6, 0.6 of class 0, which is true in the first, third and fourth. Bins
  // of 1/15: 0.9 in (13/15, 14/15], 0.6 = 9/15 in (8/15, 9/15]. Accuracies 1/2 and 1: 2/4 |0.5 -
  // 0.9| + 2/4 |1 - 0.6| = 0.4. log: -(ln 0.9 + ln 0.1 + 2 ln 0.6)/4. Brier of two classes: 2 (0.01
  // + 0.81 + 0.16 + 0.16)/4 = 0.57.
  const Matrix p{{0.9, 0.1}, {0.9, 0.1}, {0.6, 0.4}, {0.6, 0.4}};
  const Matrix truth{{1, 0}, {0, 1}, {1, 0}, {1, 0}};
  const Json all = calibration(p, p, truth);
  CHECK(number(at(all, {"expected_calibration_error"})) == doctest::Approx(0.4).epsilon(4 * eps));
  CHECK(number(at(all, {"log_loss"})) ==
        doctest::Approx(-(std::log(0.9) + std::log(0.1) + 2 * std::log(0.6)) / 4).epsilon(4 * eps));
  CHECK(number(at(all, {"brier"})) == doctest::Approx(0.57).epsilon(4 * eps));
  CHECK(at(all, {"bins"}).size() == 15);
  CHECK(number(at(all, {"bins", "13", "count"})) == 2);
  CHECK(number(at(all, {"bins", "13", "accuracy"})) == 0.5);
  CHECK(number(at(all, {"bins", "13", "confidence"})) == doctest::Approx(0.9).epsilon(eps));
  CHECK(number(at(all, {"bins", "8", "count"})) == 2);
  CHECK(number(at(all, {"bins", "8", "accuracy"})) == 1);
  CHECK(at(all, {"bins", "0", "accuracy"}).is_null());
}

TEST_CASE("the worst mistakes are those with the largest margin, up to the requested number") {
  const Matrix truth{{1, 0}, {1, 0}, {0, 1}, {1, 0}},
      mean{{0.2, 0.3}, {0.6, 0.1}, {0.9, 0.1}, {0.1, 0.6}};
  const std::vector<Mistake> worst = worst_mistakes(mean, truth, 2);
  REQUIRE(worst.size() == 2);
  CHECK(worst[0].sample == 2);
  CHECK(worst[0].truth == 1);
  CHECK(worst[0].predicted == 0);
  CHECK(worst[0].margin == doctest::Approx(0.8).epsilon(eps));
  CHECK(worst[1].sample == 3);
  CHECK(worst_mistakes(mean, truth, 24).size() == 3);
}

TEST_CASE("metrics of classes hold the confusion, and the calibration where it is known") {
  const Matrix mean{{0.6, 0.4}, {0.3, 0.7}}, truth{{1, 0}, {1, 0}}, p{{0.7, 0.3}, {0.2, 0.8}};
  const Samples x(Matrix{{1}, {2}});
  const Json without = metrics({.mean = &mean}, truth, x, true);
  CHECK(at(without, {"confusion"}).one_line() == "[[1, 1], [0, 0]]");
  CHECK(at(without, {"calibration"}).is_null());
  const Json with = metrics({.mean = &mean, .probabilities = &p}, truth, x, true);
  CHECK(number(at(with, {"calibration", "log_loss"})) ==
        doctest::Approx(-(std::log(0.7) + std::log(0.2)) / 2).epsilon(4 * eps));
  CHECK_FALSE(metrics({.mean = &mean}, truth, x, false).contains("confusion"));
  const Json left_out = left_out_metrics({.mean = &mean}, truth, -3.5, true);
  CHECK(number(at(left_out, {"accuracy"})) == 0.5);
  CHECK(number(at(left_out, {"log_evidence"})) == -3.5);
}
