// Moments by quadrature against closed forms and against worked values of twelve digits.
#include "types.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <numbers>
#include <vector>

namespace {

namespace sdk = widelimit::sdk;
using widelimit::test::Bundle;
using widelimit::test::LayerObject;
using widelimit::test::Options;
using widelimit::test::Result;

struct Gelu {
  static constexpr auto name = "gelu", version = "1.0.0", doc = "x Phi(x)";
  static double phi(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }
  double value(double x) const { return x * phi(x); }
  double slope(double x) const {
    return phi(x) + x * std::exp(-0.5 * x * x) / std::sqrt(2 * std::numbers::pi);
  }
};
struct Erf {
  static constexpr auto name = "erf", version = "1.0.0", doc = "erf";
  double value(double x) const { return 0.5 * std::erf(1.7 * x) + 0.3; }
  double slope(double x) const {
    return 1.7 * std::numbers::inv_sqrtpi * std::exp(-1.7 * 1.7 * x * x);
  }
};
struct PlainErf {
  static constexpr auto name = "plain_erf", version = "1.0.0", doc = "erf";
  double value(double x) const { return std::erf(x); }
  double slope(double x) const { return 2 * std::numbers::inv_sqrtpi * std::exp(-x * x); }
};
struct Sin {
  static constexpr auto name = "sin", version = "1.0.0", doc = "sin";
  double value(double x) const { return 2 * std::sin(1.5 * x - 0.5); }
  double slope(double x) const { return 3 * std::cos(1.5 * x - 0.5); }
};
struct Cubic {
  static constexpr auto name = "cubic", version = "1.0.0", doc = "a polynomial";
  double value(double x) const { return 0.5 + x * (1.2 + x * (-0.3 + x * 0.2)); }
  double slope(double x) const { return 1.2 + x * (-0.6 + x * 0.6); }
};
struct Relu {
  static constexpr auto name = "relu", version = "1.0.0", doc = "a kink";
  double value(double x) const { return x < 0 ? 0 : x; }
  double slope(double x) const { return x > 0 ? 1 : 0; }
};

struct Moment {
  double k, p, q, value, slope;
};

/// value and slope of one covariance: NTK 1 in, so the slope comes out.
template <class L>
Moment moments(double k, double p, double q, std::uint32_t dtype = WIDELIMIT_F64) {
  const LayerObject layer(widelimit::test::layer_type<L>());
  const widelimit::test::Planned plan(layer, {widelimit::test::shape(8)});
  Bundle b;
  b.sites = 1;
  b.lanes = 16;
  b.first = {p};
  b.second.assign(16, q);
  b.nngp = {std::vector<double>(16, k)};
  b.ntk = {std::vector<double>(16, 1.0)};
  Options options;
  options.dtype = dtype;
  options.scratch_bytes = plan.plan.scratch_bytes;
  const Result r = widelimit::test::transform(layer, b, options);
  REQUIRE_MESSAGE(r.status == WIDELIMIT_OK, r.message);
  return {k, p, q, r.nngp[0], r.ntk[0]};
}

template <class L>
void check(const std::vector<Moment>& table, double tolerance) {
  for (const Moment& m : table) {
    const Moment have = moments<L>(m.k, m.p, m.q);
    CAPTURE(L::name);
    CAPTURE(m.k);
    CHECK(std::abs(have.value - m.value) <= tolerance * std::max(1.0, std::abs(m.value)));
    CHECK(std::abs(have.slope - m.slope) <= tolerance * std::max(1.0, std::abs(m.slope)));
  }
}

}  // namespace

TEST_CASE("smooth functions reach the digits of the table of worked values") {
  // Columns V1, V2 and a = q = b = 1.3; twelve digits are given.
  check<Gelu>({{-0.4, 1.3, 0.7, -0.011939323265, 0.175182778196},
               {0.5, 0.9, 2.0, 0.262111951542, 0.319137532598},
               {1.3, 1.3, 1.3, 0.572555114, 0.470717740277}},
              1e-11);
  check<Sin>({{-0.4, 1.3, 0.7, -0.194431967468, 0.823141068605},
              {0.5, 0.9, 2.0, 0.222464868406, 0.560998179051},
              {1.3, 1.3, 1.3, 1.99688796769, 4.5070020727}},
             1e-11);
  check<Erf>({{-0.4, 1.3, 0.7, 0.0326260187777, 0.149989180532},
              {0.5, 0.9, 2.0, 0.143093652014, 0.110310017093},
              {1.3, 1.3, 1.3, 0.262086321486, 0.229777924968}},
             1e-11);
}

TEST_CASE("polynomials are exact but for rounding") {
  // A few hundred terms of weights and powers, of a sum around 4.
  check<Cubic>({{-0.4, 1.3, 0.7, -1.2377, 3.1788},
                {0.5, 0.9, 2.0, 2.14, 4.536},
                {1.3, 1.3, 1.3, 5.9401, 5.6052}},
               200 * std::numeric_limits<double>::epsilon());
}

TEST_CASE("steep functions lose digits slowly, and at correlation 1 none") {
  const auto exact = [](double k, double p, double q) {
    const double d = (1 + 2 * p) * (1 + 2 * q);
    return Moment{k, p, q, 2 / std::numbers::pi * std::asin(2 * k / std::sqrt(d)),
                  4 / std::numbers::pi / std::sqrt(d - 4 * k * k)};
  };
  for (const double p : {0.1, 1.0, 3.0, 10.0})
    for (const double c : {-0.999, -0.3, 0.5, 0.9, 0.99, 0.999})
      check<PlainErf>({exact(c * std::sqrt(p * 1.3 * p), p, 1.3 * p)}, 1e-12);
  for (const double c : {-0.999, -0.3, 0.5, 0.9, 0.99, 0.999}) {
    const Moment want = exact(c * 42, 42, 42), have = moments<PlainErf>(c * 42, 42, 42);
    CHECK(std::abs(have.value - want.value) <= 1e-6);
    CHECK(std::abs(have.slope - want.slope) <= 1e-4);
  }
  for (const double p : {0.1, 1.0, 10.0, 42.0})
    check<PlainErf>({exact(p, p, p), exact(-p, p, p)}, 1e-12);
  // Here the step of the rule, 14 / 256 deviations, is half the width of the function.
  check<PlainErf>({exact(100, 100, 100), exact(-100, 100, 100)}, 1e-7);
}

TEST_CASE("a kink at zero costs four digits, a jump three") {
  const auto check_relu = [](double k, double p, double q) {
    const double scale = std::sqrt(p * q), t = std::acos(std::min(1.0, k / scale));
    const double turn = 2 * std::numbers::pi;
    const Moment have = moments<Relu>(k, p, q);
    CHECK(std::abs(have.value - scale * (std::sin(t) + (std::numbers::pi - t) * std::cos(t)) /
                                    turn) <= 1e-4 * scale);
    CHECK(std::abs(have.slope - (std::numbers::pi - t) / turn) <= 5e-3);
  };
  for (const double c : {-1.0, -0.9, 0.1, 0.9, 0.999, 1.0}) {
    check_relu(c, 1, 1);
    check_relu(c * std::sqrt(0.9 * 2.0), 0.9, 2.0);
  }
}

TEST_CASE("single precision is as good as its rounding") {
  const Moment have = moments<Gelu>(0.5, 0.9, 2.0, WIDELIMIT_F32);
  CHECK(std::abs(have.value - 0.262111951542) <= 1e-7);
  CHECK(std::abs(have.slope - 0.319137532598) <= 1e-7);
}

TEST_CASE("moments are symmetric in the two samples to the bit") {
  const Moment a = moments<Gelu>(0.5, 0.9, 2.0), b = moments<Gelu>(0.5, 2.0, 0.9);
  CHECK(a.value == b.value);
  CHECK(a.slope == b.slope);
}

TEST_CASE("samples of no variance have the product of the function's values at zero") {
  const Moment both = moments<Cubic>(0, 0, 0), one = moments<Cubic>(0, 0, 0.7);
  CHECK(both.value == doctest::Approx(0.25).epsilon(1e-14));
  CHECK(both.slope == doctest::Approx(1.44).epsilon(1e-14));
  // E[f(v)] = 0.5 - 0.3 q at q = 0.7, times f(0) = 0.5.
  CHECK(one.value == doctest::Approx(0.5 * (0.5 - 0.3 * 0.7)).epsilon(1e-14));
}

TEST_CASE("a covariance that rounding left above its bound counts as correlation 1") {
  const double p = 1.3;
  CHECK(moments<Gelu>(std::nextafter(p, 2), p, p).value == moments<Gelu>(p, p, p).value);
}

TEST_CASE("the expansion of a polynomial in Hermite polynomials is the one of the textbook") {
  // x^3 at deviation 2 is 8 (He_3 + 3 He_1) = 8 sqrt(6) h_3 + 24 h_1, and 3 x^2 is 12 sqrt(2) h_2 +
  // 12 h_0.
  struct Cube {
    double value(double x) const { return x * x * x; }
    double slope(double x) const { return 3 * x * x; }
  };
  using Expansion = sdk::detail::HermiteExpansion<512, Cube>;
  const auto workspace = std::make_unique<Expansion::Workspace>();
  const Expansion c(Cube{}, 4.0, {}, *workspace);
  const double value[] = {0, 24, 0, 8 * std::sqrt(6.0)}, slope[] = {12, 0, 12 * std::sqrt(2.0), 0};
  REQUIRE(c.terms == 4);
  for (std::size_t n = 0; n < 4; ++n) {
    CHECK(std::abs(c.value[n] - value[n]) <= 64 * std::numeric_limits<double>::epsilon() * 24);
    CHECK(std::abs(c.slope[n] - slope[n]) <= 64 * std::numeric_limits<double>::epsilon() * 24);
  }
}
