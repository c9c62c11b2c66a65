// The distance of finite networks from their limit, against ensembles drawn from it.
#include "report/distances.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <vector>

using namespace widelimit::report;

namespace {

/// Outputs with deviations 0.5, 1, 1.5, ... and members drawn around `shift` deviations from the
/// mean, `factor` as wide as the limit, independent over samples.
struct Drawn {
  std::vector<Prediction> outputs;
  MemberPredictions members;
};
Drawn drawn(std::size_t count, std::size_t samples, double shift, double factor, unsigned seed) {
  std::mt19937_64 bits(seed);
  std::normal_distribution<double> normal;
  Drawn all;
  for (std::size_t k = 0; k < 2; ++k) {
    Prediction& one = all.outputs.emplace_back();
    auto& values = all.members.emplace_back();
    for (std::size_t i = 0; i < samples; ++i) {
      const double mean = normal(bits), sigma = 0.5 * static_cast<double>(1 + i % 3);
      one.mean.push_back(mean);
      one.deviation.push_back(sigma);
      one.truth.push_back(0);
      std::vector<double>& of_sample = values.emplace_back();
      for (std::size_t m = 0; m < count; ++m)
        of_sample.push_back(mean + sigma * (shift + factor * normal(bits)));
    }
  }
  return all;
}

}  // namespace

TEST_CASE("networks drawn from the limit are at the distance that chance gives") {
  for (const std::size_t members : {2u, 5u, 40u}) {
    CAPTURE(members);
    const Drawn all = drawn(members, 2000, 0, 1, 7);
    const Distance distance = distance_of(all.outputs, all.members);
    CHECK(distance.members == members);
    // 4000 independent values: 0.06 is five standard errors of the root mean square.
    CHECK(std::abs(distance.relative.value * std::sqrt(static_cast<double>(members)) - 1) < 0.06);
    CHECK(std::abs(distance.spread.value - 1) < 0.06);
    CHECK(distance.relative.error > 0);
    CHECK(std::isnan(distance.spread.error) == (members == 2));
  }
}

TEST_CASE("a shift and a narrower spread are found") {
  const Drawn all = drawn(30, 1000, 0.8, 0.5, 8);
  const Distance distance = distance_of(all.outputs, all.members);
  // sqrt(0.8^2 + 0.5^2 / 30); the spread's own error is 0.5 / sqrt(2 * 29 * 2000).
  CHECK(std::abs(distance.relative.value - std::hypot(0.8, 0.5 / std::sqrt(30.0))) < 0.01);
  CHECK(std::abs(distance.spread.value - 0.5) < 0.01);
}

TEST_CASE("the jackknife's error is the deviation of repeated ensembles") {
  // One sample, so that members are all there is: the spread of 12 of them.
  std::vector<double> values;
  double mean = 0, error = 0;
  constexpr int repeats = 800;
  for (int r = 0; r < repeats; ++r) {
    const Drawn all = drawn(12, 1, 3, 1, 100u + static_cast<unsigned>(r));
    const Distance distance = distance_of(all.outputs, all.members);
    values.push_back(distance.relative.value);
    mean += distance.relative.value / repeats;
    error += distance.relative.error / repeats;
  }
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean) / (repeats - 1);
  // 3 % is about one standard error of a deviation from 800 values; the jackknife's own bias is of
  // the order of 1 / M.
  CHECK(std::abs(error / std::sqrt(squares) - 1) < 0.15);
}

TEST_CASE("three networks by hand") {
  Prediction one;
  one.mean = {1, 10};
  one.deviation = {2, 0};  // of the second nothing relative can be said
  one.truth = {0, 0};
  const MemberPredictions members{{{2, 3, 4}, {10, 10, 13}}};
  const Distance distance = distance_of({one}, members);
  CHECK(distance.difference.value == doctest::Approx(std::sqrt((4.0 + 1) / 2)));
  CHECK(distance.relative.value == doctest::Approx(1));
  CHECK(distance.spread.value == doctest::Approx(0.5));
  // Without each in turn the relative difference is 1.25, 1, 0.75.
  CHECK(distance.relative.error == doctest::Approx(std::sqrt(2.0 / 3 * 2 * 0.0625)));
}

TEST_CASE("what one network, or a limit without variances, leaves unknown is not a number") {
  Drawn all = drawn(1, 5, 0.5, 1, 9);
  Distance distance = distance_of(all.outputs, all.members);
  CHECK(std::isfinite(distance.relative.value));
  CHECK(std::isnan(distance.relative.error));
  CHECK(std::isnan(distance.spread.value));
  for (Prediction& one : all.outputs) one.deviation.assign(one.mean.size(), std::nan(""));
  distance = distance_of(all.outputs, all.members);
  CHECK(std::isfinite(distance.difference.value));
  CHECK(std::isnan(distance.relative.value));
}
