// Moments by quadrature against closed forms (the table of worked values in 8.16 of the
// mathematical reference, recomputed from the formulas there), and the rule itself.
#include "types.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
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
struct Sin {
  static constexpr auto name = "sin", version = "1.0.0", doc = "sin";
  double value(double x) const { return 2 * std::sin(1.5 * x - 0.5); }
  double slope(double x) const { return 3 * std::cos(1.5 * x - 0.5); }
};
struct Cubic {
  static constexpr auto name = "cubic", version = "1.0.0", doc = "a polynomial";
  static constexpr int quadrature_nodes = 4;
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
              1e-9);
  check<Sin>({{-0.4, 1.3, 0.7, -0.194431967468, 0.823141068605},
              {0.5, 0.9, 2.0, 0.222464868406, 0.560998179051},
              {1.3, 1.3, 1.3, 1.99688796769, 4.5070020727}},
             1e-10);
  // erf(1.7 x) at variance 1.3 is a steep function: b^2 p = 3.8.
  check<Erf>({{-0.4, 1.3, 0.7, 0.0326260187777, 0.149989180532},
              {0.5, 0.9, 2.0, 0.143093652014, 0.110310017093},
              {1.3, 1.3, 1.3, 0.262086321486, 0.229777924968}},
             1e-5);
}

TEST_CASE("polynomials of degree below the number of nodes are exact") {
  check<Cubic>({{-0.4, 1.3, 0.7, -1.2377, 3.1788},
                {0.5, 0.9, 2.0, 2.14, 4.536},
                {1.3, 1.3, 1.3, 5.9401, 5.6052}},
               16 * std::numeric_limits<double>::epsilon());
}

TEST_CASE("a kink converges like one over the number of nodes") {
  check<Relu>({{-0.4, 1.3, 0.7, 0.0653780915189, 0.181135330841},
               {0.5, 0.9, 2.0, 0.353536405294, 0.310780198184}},
              5e-3);
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
  // x^3 at deviation s is s^3 (He_3 + 3 He_1) = s^3 (sqrt(6) h_3 + 3 h_1).
  const sdk::detail::HermiteExpansion<6> rule;
  const auto c = rule.expand([](double x) { return x * x * x; }, 2.0);
  const double expected[] = {0, 24, 0, 8 * std::sqrt(6.0), 0, 0};
  for (std::size_t n = 0; n < 6; ++n)
    CHECK(std::abs(c[n] - expected[n]) <= 64 * std::numeric_limits<double>::epsilon() * 24);
}
