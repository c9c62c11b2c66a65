// Metrics against values worked out by hand.
#include "experiment/metrics.hpp"
#include "support/experiments.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numbers>

using namespace widelimit;
using namespace widelimit::experiment;
using widelimit::apps::Json;
using widelimit::test::at;
using widelimit::test::number;

namespace {

constexpr double eps = 4 * std::numeric_limits<double>::epsilon();

}  // namespace

TEST_CASE("metrics of a prediction that misses one of four values by two") {
  // errors 0, 0, 0, 2: rmse = sqrt(4/4) = 1, mae = 1/2; truth 1, 2, 3, 6: mean 3, spread 4+1+0+9 =
  // 14, r2 = 1 - 4/14. prediction 1, 2, 3, 4 and truth: covariances 5 + ... = (-1.5)(-2) +
  // (-0.5)(-1) + 0 + 1.5*3 = 8, variances 5 and 14.
  const Matrix mean{{1}, {2}, {3}, {4}}, truth{{1}, {2}, {3}, {6}};
  const Samples x(Matrix{{1, 7}, {2, 7}, {3, 7}, {4, 7}});
  const Json all = metrics({.mean = &mean, .variance = nullptr}, truth, x, false);
  CHECK(number(at(all, {"rmse"})) == doctest::Approx(1).epsilon(eps));
  CHECK(number(at(all, {"mae"})) == doctest::Approx(0.5).epsilon(eps));
  CHECK(number(at(all, {"r2"})) == doctest::Approx(1 - 4.0 / 14).epsilon(eps));
  CHECK(number(at(all, {"pearson", "y", "0"})) == doctest::Approx(8 / std::sqrt(70)).epsilon(eps));
  CHECK(number(at(all, {"pearson", "features", "0", "0"})) == doctest::Approx(1).epsilon(eps));
  CHECK(at(all, {"pearson", "features", "1", "0"}).is_null());  // a constant feature
  CHECK(at(all, {"nlpd"}).is_null());
  CHECK(at(all, {"coverage_95"}).is_null());
  CHECK_FALSE(all.contains("accuracy"));
}

TEST_CASE("density and coverage count the noise that is in the variance") {
  // errors 1 and -2 with variances 1 and 1: 1.96 covers the first alone.
  const Matrix mean{{0}, {0}}, truth{{1}, {-2}}, variance{{1}, {1}};
  const Samples x(Matrix{{1}, {2}});
  const Json all = metrics({.mean = &mean, .variance = &variance}, truth, x, false);
  CHECK(number(at(all, {"nlpd"})) ==
        doctest::Approx(0.5 * std::log(2 * std::numbers::pi) + (1 + 4) / 4.0).epsilon(eps));
  CHECK(number(at(all, {"coverage_95"})) == 0.5);
  CHECK(at(all, {"pearson", "y", "0"}).is_null());  // a constant prediction

  const Matrix exact{{0}, {1}};
  CHECK(at(metrics({.mean = &mean, .variance = &exact}, truth, x, false), {"nlpd"}).is_null());
}

TEST_CASE("accuracy compares the largest entries of one-hot rows") {
  const Matrix mean{{0.6, 0.4}, {0.3, 0.7}, {0.9, 0.2}},
      truth{{0.5, -0.5}, {0.5, -0.5}, {0.5, -0.5}};
  const Samples x(Matrix{{1}, {2}, {3}});
  const Json all = metrics({.mean = &mean, .variance = nullptr}, truth, x, true);
  CHECK(number(at(all, {"accuracy"})) == doctest::Approx(2.0 / 3).epsilon(eps));
  CHECK(at(all, {"r2"}).is_null());  // the truth does not vary
}

TEST_CASE("a constant that rounding makes vary is still a constant") {
  const Matrix mean{{1}, {2}, {3}}, truth{{0.1}, {0.1}, {0.1}};  // their mean is not 0.1
  const Samples x(Matrix{{0.7}, {0.7}, {0.7}});
  const Json all = metrics({.mean = &mean, .variance = nullptr}, truth, x, false);
  CHECK(at(all, {"r2"}).is_null());
  CHECK(at(all, {"pearson", "y", "0"}).is_null());
  CHECK(at(all, {"pearson", "features", "0", "0"}).is_null());
}
