// What must hold to the bit, and how far precisions and instruction sets may differ.
#include "plugins/reference.hpp"
#include "plugins/support/tile.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace widelimit::plugin_tests {
namespace {

Layer make(const Nonlinearity& f, const std::string& isa = {}) {
  return Layer(Library(f.library, isa), f.type, f.parameters);
}

/// Of all sizes a variance can have in single precision, the square of which may not.
std::vector<double> variances() {
  return {0, 1e-37, 1e-21, 1e-9, 0.3, 0.7, 1, 1.3, 2, 3.999999, 4, 1e3, 7e9, 1e20, 1e37};
}

/// Random covariances; one in four nearly degenerate.
std::vector<Covariance> draw(int n) {
  std::mt19937_64 bits(20);
  std::uniform_real_distribution<double> uniform(0, 1);
  std::vector<Covariance> points;
  for (int i = 0; i < n; ++i) {
    const double p = std::exp2(12 * uniform(bits) - 8), q = std::exp2(12 * uniform(bits) - 8);
    const double angle = uniform(bits) * std::acos(-1.0);
    double c = std::cos(angle);
    if (i % 4 == 0) c = std::copysign(1 - std::exp2(-50 * uniform(bits)), c);
    points.push_back({c * std::sqrt(p * q), p, q});
  }
  return points;
}

/// Volatile, because GCC 12's vectoriser drops a rounding to float that goes straight back to
/// double.
template <class T>
Covariance rounded_to(Covariance c) {
  const volatile T k = static_cast<T>(c.k), p = static_cast<T>(c.p), q = static_cast<T>(c.q);
  return {static_cast<double>(k), static_cast<double>(p), static_cast<double>(q)};
}

/// What a moment may reach: the geometric mean of its values at the two variances, which bounds it
/// (Cauchy and Schwarz).
MomentPair bound(const Layer& layer, Covariance c) {
  const auto ends = moments<double>(layer, {{c.p, c.p, c.p}, {c.q, c.q, c.q}});
  return {std::sqrt(ends[0].value * ends[1].value), std::sqrt(ends[0].slope * ends[1].slope)};
}

/// How much the moments change when covariance and variances change by some units in the last
/// place of precision T: what no arithmetic of that precision can see.
template <class T>
MomentPair blur(const Layer& layer, Covariance c) {
  constexpr double ulps = 4 * static_cast<double>(std::numeric_limits<T>::epsilon());
  const double root = std::sqrt(c.p) * std::sqrt(c.q);
  std::vector<Covariance> around{c};
  for (const double step : {-ulps, ulps}) {
    around.push_back({std::clamp(c.k + step * root, -root, root), c.p, c.q});
    around.push_back({c.k, c.p * (1 + step), c.q});
    around.push_back({c.k, c.p, c.q * (1 + step)});
  }
  const auto found = moments<double>(layer, around);
  MomentPair most{0, 0};
  for (const MomentPair& m : found) {
    most.value = std::max(most.value, std::abs(m.value - found[0].value));
    most.slope = std::max(most.slope, std::abs(m.slope - found[0].slope));
  }
  return most;
}

/// A sample against itself through the four ways the engine may take.
template <class T>
void check_diagonal(const Layer& layer, double variance) {
  constexpr std::int64_t lanes = 16;
  const T v = static_cast<T>(variance);
  Tile<T> tile(1, lanes);
  std::fill(tile.nngp.begin(), tile.nngp.end(), v);
  std::fill(tile.ntk.begin(), tile.ntk.end(), T(1));
  const Aligned<T> one(1, v), each(lanes, v);
  const Tile<T> pair = transform(layer, std::vector{tile}, one, each);
  tile.has_ntk = false;
  const Tile<T> alone = transform(layer, std::vector{tile}, one, each);
  const Tile<T> self = transform(layer, std::vector{tile}, each, each);
  for (std::size_t i = 0; i < lanes; ++i) {
    CHECK(pair.nngp[i] == pair.nngp[0]);
    CHECK(alone.nngp[i] == pair.nngp[0]);
    CHECK(self.nngp[i] == pair.nngp[0]);
  }
}

}  // namespace

TEST_CASE("a sample against itself gets its variance to the bit, however the engine asks") {
  for (const std::string& isa : instruction_sets())
    for (const Nonlinearity& f : nonlinearities()) {
      CAPTURE(isa);
      CAPTURE(f.type);
      const Layer layer = make(f, isa);
      for (const double v : variances()) {
        CAPTURE(v);
        check_diagonal<float>(layer, v);
        check_diagonal<double>(layer, v);
      }
    }
}

TEST_CASE_TEMPLATE("exact diagonals are exact: relu, abs, sign, rbf", T, float, double) {
  for (const std::string& isa : instruction_sets()) {
    CAPTURE(isa);
    const Library relu("relu", isa), sign("sign", isa), rbf("rbf", isa);
    const Layer plain(relu, "relu"), magnitude(relu, "abs"), steps(sign, "sign"),
        waves(rbf, "rbf", {{"gamma", 0.75}});
    for (const double exact : variances()) {
      const double v = static_cast<double>(static_cast<T>(exact));
      CAPTURE(v);
      const bool some = v > 0;
      const Covariance self{v, v, v};
      CHECK(moments_at<T>(plain, self).value == v / 2);
      CHECK(moments_at<T>(plain, self).slope == (some ? 0.5 : 0.25));
      CHECK(moments_at<T>(magnitude, self).value == v);
      CHECK(moments_at<T>(magnitude, self).slope == (some ? 1 : 0));
      CHECK(moments_at<T>(steps, self).value == (some ? 1 : 0));
      CHECK(moments_at<T>(waves, self).value == 1);
      CHECK(moments_at<T>(waves, self).slope == 1.5);
      // The other end: a sample against its mirror image.
      const Covariance mirror{-v, v, v};
      CHECK(moments_at<T>(plain, mirror).value == 0);
      CHECK(moments_at<T>(plain, mirror).slope == (some ? 0 : 0.25));
      CHECK(moments_at<T>(magnitude, mirror).value == v);
      CHECK(moments_at<T>(steps, mirror).value == (some ? -1 : 0));
    }
  }
}

TEST_CASE("instruction sets agree to rounding in both precisions") {
  const std::vector<Covariance> points = draw(400);
  const auto compare = [&]<class T>(const Nonlinearity& f, const Layer& baseline,
                                    const Layer& other, T) {
    const auto expected = moments<T>(baseline, points), found = moments<T>(other, points);
    for (std::size_t i = 0; i < points.size(); ++i) {
      CAPTURE(f.type);
      CAPTURE(points[i].k);
      CAPTURE(points[i].p);
      CAPTURE(points[i].q);
      const MomentPair most = bound(baseline, points[i]);
      // Polynomials of degree 20, each step rounded once or twice.
      constexpr double tolerance = 16 * static_cast<double>(std::numeric_limits<T>::epsilon());
      CHECK(std::abs(found[i].value - expected[i].value) <= tolerance * most.value);
      CHECK(std::abs(found[i].slope - expected[i].slope) <= tolerance * most.slope);
    }
  };
  for (const Nonlinearity& f : nonlinearities()) {
    const Layer baseline = make(f, "baseline");
    for (const std::string& isa : instruction_sets()) {
      CAPTURE(isa);
      const Layer other = make(f, isa);
      compare(f, baseline, other, float{});
      compare(f, baseline, other, double{});
    }
  }
}

TEST_CASE("single precision is double precision, blurred by a few units in the last place") {
  for (const Nonlinearity& f : nonlinearities()) {
    const Layer layer = make(f);
    std::vector<Covariance> points = draw(400);
    for (Covariance& point : points) point = rounded_to<float>(point);
    const auto found = moments<float>(layer, points), expected = moments<double>(layer, points);
    for (std::size_t i = 0; i < points.size(); ++i) {
      CAPTURE(f.type);
      CAPTURE(points[i].k);
      CAPTURE(points[i].p);
      CAPTURE(points[i].q);
      constexpr double ulps = 6 * static_cast<double>(std::numeric_limits<float>::epsilon());
      const MomentPair most = bound(layer, points[i]), unseen = blur<float>(layer, points[i]);
      CHECK(std::abs(found[i].value - expected[i].value) <= ulps * most.value + unseen.value);
      CHECK(std::abs(found[i].slope - expected[i].slope) <= ulps * most.slope + unseen.slope);
    }
  }
}

TEST_CASE("variances whose product overflows are as good as others") {
  for (const std::string& isa : instruction_sets())
    for (const Nonlinearity& f : nonlinearities()) {
      CAPTURE(isa);
      CAPTURE(f.type);
      const Layer layer = make(f, isa);
      for (const double c : {-1.0, -0.4, 0.0, 0.3, 0.99, 1.0})
        for (const std::pair<double, double>& v :
             {std::pair{1e20, 1e20}, {1e20, 1e-20}, {3e37, 1.0}, {1e30, 3e36}}) {
          const double p = v.first, q = v.second;
          const Covariance point = rounded_to<float>({c * std::sqrt(p) * std::sqrt(q), p, q});
          CAPTURE(point.k);
          CAPTURE(p);
          CAPTURE(q);
          const MomentPair found = moments_at<float>(layer, point);
          const MomentPair expected = moments_at<double>(layer, point);
          REQUIRE(std::isfinite(expected.value));
          REQUIRE(std::isfinite(expected.slope));
          constexpr double ulps = 8 * static_cast<double>(std::numeric_limits<float>::epsilon());
          const MomentPair most = bound(layer, point), unseen = blur<float>(layer, point);
          CHECK(std::abs(found.value - expected.value) <= ulps * most.value + unseen.value);
          CHECK(std::abs(found.slope - expected.slope) <= ulps * most.slope + unseen.slope);
          // The same in double precision, where the squares of these overflow too.
          const double grow = 0x1p480;
          const MomentPair huge =
              moments_at<double>(layer, {point.k * grow, point.p * grow, point.q * grow});
          CHECK(std::isfinite(huge.value));
          CHECK(std::isfinite(huge.slope));
        }
    }
}

TEST_CASE("relu is homogeneous: scaling by a power of four scales its moments exactly") {
  const Layer layer(Library("relu"), "relu");
  for (const Covariance& c : draw(200)) {
    const MomentPair plain = moments_at<double>(layer, c);
    for (const double s : {0x1p-200, 0x1p-2, 0x1p300}) {
      const MomentPair scaled = moments_at<double>(layer, {s * c.k, s * c.p, s * c.q});
      CHECK(scaled.value == s * plain.value);
      CHECK(scaled.slope == plain.slope);
    }
  }
}

TEST_CASE_TEMPLATE("a variance of zero is the limit of small ones", T, float, double) {
  for (const std::string& isa : instruction_sets())
    for (const Nonlinearity& f : nonlinearities()) {
      CAPTURE(isa);
      CAPTURE(f.type);
      const Layer layer = make(f, isa);
      constexpr double tiny = 1e-36;
      for (const auto& [p, q] : {std::pair{0.0, 1.5}, {2.0, 0.0}, {0.0, 0.0}}) {
        const MomentPair found = moments_at<T>(layer, {0, p, q});
        const MomentPair near =
            moments_at<double>(layer, {0, p == 0 ? tiny : p, q == 0 ? tiny : q});
        constexpr double ulps = 8 * static_cast<double>(std::numeric_limits<T>::epsilon());
        CHECK(std::abs(found.value - near.value) <= ulps + std::sqrt(tiny));
        CHECK(std::abs(found.slope - near.slope) <= ulps + std::sqrt(tiny));
      }
    }
}

TEST_CASE("what is not a number stays visible") {
  for (const std::string& isa : instruction_sets())
    for (const Nonlinearity& f : nonlinearities()) {
      CAPTURE(isa);
      CAPTURE(f.type);
      const Layer layer = make(f, isa);
      const double nan = std::nan("");
      for (const Covariance& c : {Covariance{nan, 1, 1}, {0.5, nan, 1}, {0.5, 1, nan}}) {
        CHECK(std::isnan(moments_at<double>(layer, c).value));
        CHECK(std::isnan(moments_at<float>(layer, c).value));
      }
    }
}

}  // namespace widelimit::plugin_tests
