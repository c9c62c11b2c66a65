// Moments by quadrature of functions that are not smooth on the scale of the activations: with
// kinks anywhere, narrow ones, and ones that grow fast. References: one argument given, the mean
// over the other is known in closed form; what remains is an integral of one variable.
#include "types.hpp"

#include <doctest/doctest.h>
#include <boost/math/quadrature/gauss_kronrod.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

namespace {

namespace sdk = widelimit::sdk;
using widelimit::test::Bundle;
using widelimit::test::LayerObject;
using widelimit::test::Options;
using widelimit::test::Result;

constexpr double infinity = std::numeric_limits<double>::infinity();

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }
double normal_pdf(double x) { return std::exp(-0.5 * x * x) / std::sqrt(2 * std::numbers::pi); }
/// P(low < z < high), without cancellation in the tails.
double probability(double low, double high) {
  return low > 0 ? normal_cdf(-low) - normal_cdf(-high) : normal_cdf(high) - normal_cdf(low);
}

// ---- the functions: pieces a + b x, and where they begin ----

struct Piece {
  double begin, constant, slope;
};
template <class L>
double value_of(double x) {
  Piece at = L::pieces[0];
  for (const Piece& piece : L::pieces)
    if (x > piece.begin) at = piece;
  return at.constant + at.slope * x;
}
template <class L>
double slope_of(double x) {
  Piece at = L::pieces[0];
  for (const Piece& piece : L::pieces)
    if (x > piece.begin) at = piece;
  return at.slope;
}

struct HardTanh {
  static constexpr auto name = "hard_tanh", version = "1.0.0", doc = "kinks at -1 and 1";
  static constexpr std::array pieces{Piece{-infinity, -1, 0}, Piece{-1, 0, 1}, Piece{1, 1, 0}};
  double value(double x) const { return value_of<HardTanh>(x); }
  double slope(double x) const { return slope_of<HardTanh>(x); }
};
struct Relu6 {
  static constexpr auto name = "relu6", version = "1.0.0", doc = "kinks at 0 and 6";
  static constexpr std::array pieces{Piece{-infinity, 0, 0}, Piece{0, 0, 1}, Piece{6, 6, 0}};
  double value(double x) const { return value_of<Relu6>(x); }
  double slope(double x) const { return slope_of<Relu6>(x); }
};
struct SoftShrink {
  static constexpr auto name = "softshrink", version = "1.0.0", doc = "kinks at -0.5 and 0.5";
  static constexpr std::array pieces{Piece{-infinity, 0.5, 1}, Piece{-0.5, 0, 0},
                                     Piece{0.5, -0.5, 1}};
  double value(double x) const { return value_of<SoftShrink>(x); }
  double slope(double x) const { return slope_of<SoftShrink>(x); }
};
struct Relu {
  static constexpr auto name = "relu", version = "1.0.0", doc = "a kink at 0";
  static constexpr std::array pieces{Piece{-infinity, 0, 0}, Piece{0, 0, 1}};
  double value(double x) const { return value_of<Relu>(x); }
  double slope(double x) const { return slope_of<Relu>(x); }
};
/// |x - 0.3|, whose slope has the square 1 everywhere.
struct ShiftedAbs {
  static constexpr auto name = "shifted_abs", version = "1.0.0", doc = "a kink at 0.3";
  static constexpr std::array pieces{Piece{-infinity, 0.3, -1}, Piece{0.3, -0.3, 1}};
  double value(double x) const { return value_of<ShiftedAbs>(x); }
  double slope(double x) const { return slope_of<ShiftedAbs>(x); }
};

/// Zero but between 2 and 4, or also between -1 and 1.
struct Tent {
  static constexpr auto name = "tent", version = "1.0.0", doc = "max(0, 1 - |x - 3|)";
  static constexpr std::array pieces{Piece{-infinity, 0, 0}, Piece{2, -2, 1}, Piece{3, 4, -1},
                                     Piece{4, 0, 0}};
  double value(double x) const { return value_of<Tent>(x); }
  double slope(double x) const { return slope_of<Tent>(x); }
};
struct TwoTents {
  static constexpr auto name = "two_tents", version = "1.0.0", doc = "tents at 0 and 3";
  static constexpr std::array pieces{Piece{-infinity, 0, 0}, Piece{-1, 1, 1}, Piece{0, 1, -1},
                                     Piece{1, 0, 0},         Piece{2, -2, 1}, Piece{3, 4, -1},
                                     Piece{4, 0, 0}};
  double value(double x) const { return value_of<TwoTents>(x); }
  double slope(double x) const { return slope_of<TwoTents>(x); }
};

struct Elu {
  static constexpr auto name = "elu", version = "1.0.0", doc = "1.5 (exp(x) - 1) below 0";
  static constexpr std::array kinks{0.0};
  /// Where the pieces begin.
  static constexpr std::array pieces{Piece{-infinity, 0, 0}, Piece{0, 0, 1}};
  double value(double x) const { return x > 0 ? x : 1.5 * std::expm1(x); }
  double slope(double x) const { return x > 0 ? 1 : 1.5 * std::exp(x); }
};
struct Erf {
  static constexpr auto name = "erf", version = "1.0.0", doc = "erf";
  double value(double x) const { return std::erf(x); }
  double slope(double x) const { return 2 * std::numbers::inv_sqrtpi * std::exp(-x * x); }
};
struct Exp {
  static constexpr auto name = "exp", version = "1.0.0", doc = "exp";
  double value(double x) const { return std::exp(x); }
  double slope(double x) const { return std::exp(x); }
};
struct NinthPower {
  static constexpr auto name = "ninth_power", version = "1.0.0", doc = "x^9";
  double value(double x) const { return std::pow(x, 9); }
  double slope(double x) const { return 9 * std::pow(x, 8); }
};
/// exp(x^2 / 10), which has no second moment from variance 5 on.
struct Bell {
  static constexpr auto name = "bell", version = "1.0.0", doc = "exp(x^2 / 10)";
  double value(double x) const { return std::exp(x * x / 10); }
  double slope(double x) const { return x / 5 * std::exp(x * x / 10); }
};
/// Thousands of kinks.
struct FineSaw {
  static constexpr auto name = "fine_saw", version = "1.0.0", doc = "distance to an integer";
  double value(double x) const { return std::abs(x - std::round(x)); }
  double slope(double x) const { return x > std::round(x) ? 1 : -1; }
};

/// The same function, with its kinks stated.
template <class L>
struct Stating : L {
  std::vector<double> kinks() const {
    std::vector<double> at;
    for (std::size_t i = 1; i < L::pieces.size(); ++i) at.push_back(L::pieces[i].begin);
    return at;
  }
};

struct StatingMember : HardTanh {
  static constexpr std::array kinks{-1.0, 1.0};
};

// ---- means over one argument, N(mean, deviation^2) ----

struct Means {
  double value, slope;
};
template <class L>
Means means(double mean, double deviation) {
  Means sum{0, 0};
  for (std::size_t i = 0; i < L::pieces.size(); ++i) {
    const Piece& piece = L::pieces[i];
    const double end = i + 1 < L::pieces.size() ? L::pieces[i + 1].begin : infinity;
    const double low = (piece.begin - mean) / deviation, high = (end - mean) / deviation;
    const double share = probability(low, high);
    sum.value += (piece.constant + piece.slope * mean) * share +
                 piece.slope * deviation * (normal_pdf(low) - normal_pdf(high));
    sum.slope += piece.slope * share;
  }
  return sum;
}

/// exp(x) below 0: the normal distribution with this density moved by the variance.
template <>
Means means<Elu>(double mean, double deviation) {
  const double variance = deviation * deviation, above = normal_cdf(mean / deviation);
  const double exponential =
      1.5 * std::exp(mean + variance / 2) * normal_cdf(-(mean + variance) / deviation);
  return {mean * above + deviation * normal_pdf(mean / deviation) + exponential - 1.5 * (1 - above),
          above + exponential};
}

struct Point {
  double p, c, q;
};
struct Moment {
  double value, slope;
};

/// E[f(u) f(v)] and E[f'(u) f'(v)], |c| <= 1.
template <class L>
Moment expected(const Point& at) {
  const double s = std::sqrt((1 - at.c) * (1 + at.c)), a = std::sqrt(at.p), b = std::sqrt(at.q);
  std::vector<double> cuts{-13, -4, 0, 4, 13};
  for (std::size_t i = 1; i < L::pieces.size(); ++i) {
    cuts.push_back(L::pieces[i].begin / a);
    if (at.c == 0) continue;
    const double meeting = L::pieces[i].begin / b / at.c;
    cuts.push_back(meeting);
    for (double away = 0.3 * s; away < 13 && s > 0; away *= 3) {
      cuts.push_back(meeting - away);
      cuts.push_back(meeting + away);
    }
  }
  std::sort(cuts.begin(), cuts.end());
  using Rule = boost::math::quadrature::gauss_kronrod<double, 61>;
  const L f{};
  Moment sum{0, 0};
  for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
    const double low = std::clamp(cuts[i], -13.0, 13.0), high = std::clamp(cuts[i + 1], -13., 13.);
    if (high <= low) continue;
    const auto given = [&](double x) {
      return s == 0 ? Means{f.value(at.c * b * x), f.slope(at.c * b * x)}
                    : means<L>(at.c * b * x, s * b);
    };
    sum.value += Rule::integrate(
        [&](double x) { return normal_pdf(x) * f.value(a * x) * given(x).value; }, low, high, 0);
    sum.slope += Rule::integrate(
        [&](double x) { return normal_pdf(x) * f.slope(a * x) * given(x).slope; }, low, high, 0);
  }
  return sum;
}

// ---- what the layer gives ----

/// A host that keeps warnings.
struct Listener {
  std::vector<std::string> heard;
  widelimit_host table{};

  Listener() {
    table.struct_size = sizeof table;
    table.ctx = this;
    table.log = [](void* ctx, std::int32_t level, const char* component, const char* message) {
      if (level >= 2)
        static_cast<Listener*>(ctx)->heard.push_back(std::string(component) + ": " + message);
    };
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
};

template <class L>
Moment computed(const Point& at, std::uint32_t dtype = WIDELIMIT_F64, Listener* host = nullptr) {
  const LayerObject layer(widelimit::test::layer_type<L>(), nullptr,
                          host == nullptr ? nullptr : &host->table);
  const widelimit::test::Planned plan(layer, {widelimit::test::shape(8)});
  Bundle b;
  b.sites = 1;
  b.lanes = 16;
  b.first = {at.p};
  b.second.assign(16, at.q);
  // Equal samples have an equal covariance, to the bit.
  const double k = at.p == at.q ? at.c * at.p : at.c * (std::sqrt(at.p) * std::sqrt(at.q));
  b.nngp = {std::vector<double>(16, k)};
  b.ntk = {std::vector<double>(16, 1.0)};
  Options options;
  options.dtype = dtype;
  options.scratch_bytes = plan.plan.scratch_bytes;
  const Result r = widelimit::test::transform(layer, b, options);
  REQUIRE_MESSAGE(r.status == WIDELIMIT_OK, r.message);
  return {r.nngp[0], r.ntk[0]};
}

const std::array correlations{-1.0, -0.999, -0.95, -0.3, 0.0, 0.5, 0.9, 0.94, 0.95, 0.99, 0.999};

/// Relative to the moments of both samples with themselves.
template <class L, class Function = L>
void check(double p, double q, double c, double tolerance, std::uint32_t dtype = WIDELIMIT_F64) {
  CAPTURE(L::name);
  CAPTURE(p);
  CAPTURE(q);
  CAPTURE(c);
  const Moment want = expected<Function>({p, c, q}), have = computed<L>({p, c, q}, dtype),
               one = expected<Function>({p, 1, p}), two = expected<Function>({q, 1, q});
  CHECK(std::abs(have.value - want.value) <= tolerance * std::sqrt(one.value * two.value));
  CHECK(std::abs(have.slope - want.slope) <= tolerance * std::sqrt(one.slope * two.slope));
}

template <class L, class Function = L>
void check_all(double tolerance) {
  for (const double p : {0.01, 0.1, 1.0, 2.0, 10.0, 95.0, 1000.0})
    for (const double c : correlations) {
      check<L, Function>(p, p, c, tolerance);
      // A covariance of -sqrt(p q) is rounded, which is an angle of 1e-8.
      check<L, Function>(p, 1.3 * p, c, std::abs(c) == 1 ? 2e-8 : tolerance);
    }
  check<L, Function>(0.1, 1000, 0.97, tolerance);
  for (const double p : {0.1, 2.0, 1e6}) check<L, Function>(p, p, 1, tolerance);
}

}  // namespace

TEST_CASE("functions with stated kinks anywhere reach rounding error at every variance") {
  check_all<Stating<HardTanh>, HardTanh>(2e-11);
  check_all<Stating<Relu6>, Relu6>(2e-11);
  check_all<Stating<SoftShrink>, SoftShrink>(2e-11);
  check_all<Stating<ShiftedAbs>, ShiftedAbs>(2e-11);
  check_all<Stating<Relu>, Relu>(2e-11);
}

TEST_CASE("kinks that nobody stated are located") {
  check_all<HardTanh>(1e-8);
  check_all<Relu6>(1e-8);
  check_all<SoftShrink>(1e-8);
  check_all<ShiftedAbs>(1e-8);
  check_all<Relu>(1e-8);
}

TEST_CASE("functions that are zero almost everywhere are found") {
  for (const double p : {16.0, 64.0, 1e4})
    for (const double c : {-0.5, 0.0, 0.5, 0.9375, 1.0}) {
      check<Stating<Tent>, Tent>(p, p, c, 2e-11);
      check<Stating<TwoTents>, TwoTents>(p, p, c, 2e-11);
      check<Tent>(p, p, c, 1e-8);
      check<TwoTents>(p, p, c, 1e-8);
    }
}

TEST_CASE("single precision is as good as its rounding, also with kinks") {
  for (const double p : {0.25, 2.0, 64.0})
    for (const double c : {-0.9375, 0.0, 0.9375, 1.0})
      check<Stating<HardTanh>, HardTanh>(p, p, c, 1e-6, WIDELIMIT_F32);
}

TEST_CASE("stated kinks: any range, a static member or a method") {
  const Moment method = computed<Stating<HardTanh>>({2, 0.97, 3}),
               member = computed<StatingMember>({2, 0.97, 3});
  CHECK(method.value == member.value);
  CHECK(method.slope == member.slope);
}

TEST_CASE("moments of functions with kinks are symmetric in the two samples to the bit") {
  for (const double c : {-0.999, 0.4, 0.97}) {
    const Moment linear[] = {computed<Stating<HardTanh>>({2, c, 3}),
                             computed<Stating<HardTanh>>({3, c, 2})},
                 curved[] = {computed<Elu>({2, c, 3}), computed<Elu>({3, c, 2})};
    CHECK(linear[0].value == linear[1].value);
    CHECK(linear[0].slope == linear[1].slope);
    CHECK(curved[0].value == curved[1].value);
    CHECK(curved[0].slope == curved[1].slope);
  }
}

TEST_CASE("a kink between curved pieces") {
  for (const double p : {0.01, 1.0, 10.0, 60.0})
    for (const double c : correlations) {
      check<Elu>(p, p, c, 1e-10);
      check<Elu>(p, 1.3 * p, c, std::abs(c) == 1 ? 2e-8 : 1e-10);
    }
}

TEST_CASE("smooth functions that are narrow on the scale of the activations") {
  for (const double p : {42.0, 100.0, 1e4, 1e6})
    for (const double c : correlations) {
      const double d = (1 + 2 * p) * (1 + 2 * p), k = c * p;
      const double root = std::sqrt((1 + 2 * p - 2 * k) * (1 + 2 * p + 2 * k));
      const double slope = 4 / std::numbers::pi / root,
                   most = 4 / std::numbers::pi / std::sqrt(1 + 4 * p);
      CAPTURE(p);
      CAPTURE(c);
      const Moment have = computed<Erf>({p, c, p});
      CHECK(std::abs(have.value - 2 / std::numbers::pi * std::asin(2 * k / std::sqrt(d))) <= 2e-8);
      CHECK(std::abs(have.slope - slope) <= 2e-8 * most);
    }
}

TEST_CASE("functions that grow fast") {
  // E[exp(u) exp(v)] = exp(p / 2 + q / 2 + k). E[u^9 v^9] at correlation 1 is 17!! p^9.
  for (const double p : {1.0, 10.0, 42.0, 95.0})
    for (const double c : correlations) {
      CAPTURE(p);
      CAPTURE(c);
      const Moment have = computed<Exp>({p, c, p});
      CHECK(std::abs(have.value - std::exp(p + c * p)) <= 1e-10 * std::exp(2 * p));
      CHECK(std::abs(have.slope - std::exp(p + c * p)) <= 1e-10 * std::exp(2 * p));
    }
  for (const double p : {0.01, 1.0, 1000.0}) {
    const Moment have = computed<NinthPower>({p, 1, p});
    CHECK(have.value == doctest::Approx(34459425 * std::pow(p, 9)).epsilon(1e-11));
    CHECK(have.slope == doctest::Approx(81 * 2027025 * std::pow(p, 8)).epsilon(1e-11));
  }
}

TEST_CASE("a quadrature that cannot keep the promise says so, once") {
  Listener host;
  const Moment have = computed<FineSaw>({1e4, 0.5, 1e4}, WIDELIMIT_F64, &host);
  CHECK(std::isfinite(have.value));
  REQUIRE(host.heard.size() == 1);
  CHECK(host.heard[0].find("fine_saw: ") == 0);
  CHECK(host.heard[0].find("at variance 1e+04") != std::string::npos);
  CHECK(host.heard[0].find("estimated error") != std::string::npos);
  CHECK(host.heard[0].find("state the `kinks` of the function, or write `moments`") !=
        std::string::npos);
}

TEST_CASE("no warning where the promise is kept") {
  Listener host;
  for (const double p : {0.01, 1.0, 95.0, 1e6}) {
    computed<HardTanh>({p, 0.9, p}, WIDELIMIT_F64, &host);
    computed<Stating<HardTanh>>({p, 0.9, p}, WIDELIMIT_F64, &host);
    computed<Elu>({p, 0.9, p}, WIDELIMIT_F64, &host);
    computed<Erf>({p, 0.9, p}, WIDELIMIT_F64, &host);
  }
  CHECK(host.heard.empty());
}

TEST_CASE("moments that do not exist are infinite, and there is a warning") {
  // E[exp(u^2 / 5)] is finite below variance 2.5 only.
  Listener host;
  CHECK(std::isfinite(computed<Bell>({0.9, 1, 0.9}, WIDELIMIT_F64, &host).value));
  CHECK(host.heard.empty());
  CHECK(std::isinf(computed<Bell>({4, 1, 4}, WIDELIMIT_F64, &host).value));
  CHECK(host.heard.size() == 1);
}

TEST_CASE("kinks that are no numbers, or too many, are refused") {
  struct Endless : HardTanh {
    std::vector<double> kinks() const { return {infinity}; }
  };
  struct Many : HardTanh {
    std::vector<double> kinks() const { return std::vector<double>(33, 1.0); }
  };
  const LayerObject endless(widelimit::test::layer_type<Endless>()),
      many(widelimit::test::layer_type<Many>());
  CHECK(widelimit::test::Planned(endless, {widelimit::test::shape(8)}).status ==
        WIDELIMIT_E_UNSUPPORTED);
  CHECK(widelimit::test::Planned(many, {widelimit::test::shape(8)}).status ==
        WIDELIMIT_E_UNSUPPORTED);
}
