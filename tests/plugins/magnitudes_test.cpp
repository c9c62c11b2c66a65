// Moments at every size of a variance, from the smallest subnormal number to the largest, and at
// every correlation, against the closed forms in extended precision, in every instruction set.
#include "plugins/support/tile.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

namespace widelimit::plugin_tests {
namespace {

/// The exponents of long double reach beyond all products of four doubles.
using Wide = long double;
static_assert(std::numeric_limits<Wide>::max_exponent >= 16384);

struct WideCovariance {
  Wide k, p, q;

  [[nodiscard]] Wide root() const { return std::sqrt(p) * std::sqrt(q); }
  /// p q - k^2, of which rounding of k makes nothing negative.
  [[nodiscard]] Wide determinant() const {
    return std::max(Wide{0}, (root() - std::abs(k)) * (root() + std::abs(k)));
  }
};
struct WideMoments {
  Wide value, slope;
};

struct Reference {
  std::string library, type;
  Parameters parameters;
  std::function<WideMoments(const WideCovariance&)> moments;
};

constexpr Wide pi = std::numbers::pi_v<Wide>;

/// x -> a min(x, 0) + b max(x, 0), of a step where `step` (Cho and Saul 2009; arXiv:1711.09090).
WideMoments two_slopes(Wide a, Wide b, bool step, const WideCovariance& c) {
  const Wide s = c.root();
  const Wide e = s == 0 ? 1 : std::max(Wide{0}, (s - std::abs(c.k)) / s);
  const Wide acute = 2 * std::asin(std::sqrt(e / 2)), angle = c.k < 0 ? pi - acute : acute;
  const Wide both_positive = s == 0 ? Wide{0.25} : (pi - angle) / (2 * pi);
  const Wide area = s * (std::sqrt(e * (2 - e)) - acute * (1 - e)) / (2 * pi);
  const Wide mean_slope = (b - a) * (b - a) * both_positive + a * b;
  if (step) return {mean_slope, 0};
  return {(b - a) * (b - a) * area + (c.k > 0 ? (a * a + b * b) / 2 : a * b) * c.k, mean_slope};
}

/// x -> a erf(b x) + c (Williams 1997).
WideMoments erf(Wide a, Wide b, Wide c, const WideCovariance& v) {
  const Wide b2 = b * b;
  const Wide root = std::sqrt(1 + 2 * b2 * (v.p + v.q) + 4 * b2 * b2 * v.determinant());
  return {a * a * 2 / pi * std::atan2(2 * b2 * v.k, root) + c * c, a * a * b2 * 4 / pi / root};
}

/// arXiv:2002.08517.
WideMoments gelu(const WideCovariance& v) {
  const auto [k, p, q] = v;
  const Wide product = (1 + p) * (1 + q), d2 = 1 + p + q + v.determinant(), d = std::sqrt(d2);
  const Wide angle = std::atan2(k, d) / (2 * pi);
  return {k / 4 + k * angle + (k / product * k / d + p / product * q * d) / (2 * pi),
          Wide{0.25} + angle + k / d * (1 / d2 + (2 + p + q) / product) / (2 * pi)};
}

/// x -> a sin(b x + c), of which `sin2` and `cos2` are the squares of sin c and cos c.
WideMoments wave(Wide a, Wide b, Wide sin2, Wide cos2, const WideCovariance& v) {
  const Wide size = std::abs(v.k), m = v.p / 2 + v.q / 2, b2 = b * b;
  const Wide odd =
      std::copysign(std::exp(b2 * std::min(Wide{0}, size - m)) * -std::expm1(-2 * b2 * size), v.k);
  const Wide further = std::exp(-b2 * std::max(Wide{0}, v.k + m));
  return {a * a / 2 * (odd + 2 * sin2 * further), a * a * b2 / 2 * (odd + 2 * cos2 * further)};
}

std::vector<Reference> references() {
  const auto slopes = [](Wide a, Wide b) {
    return [=](const WideCovariance& c) { return two_slopes(a, b, false, c); };
  };
  const auto erf_of = [](double a, double b, double c) {
    return [=](const WideCovariance& v) { return erf(a, b, c, v); };
  };
  const auto wave_of = [](double a, double b, double c) {
    return [=](const WideCovariance& v) {
      return wave(a, b, Wide{std::sin(c)} * std::sin(c), Wide{std::cos(c)} * std::cos(c), v);
    };
  };
  constexpr double logistic = 1 / 2.4020563531719796;
  return {
      {"relu", "relu", {}, slopes(0, 1)},
      {"relu", "leaky_relu", {{"alpha", 0.125}}, slopes(0.125L, 1)},
      {"relu", "abs", {}, slopes(-1, 1)},
      {"relu", "ab_relu", {{"a", -3.0}, {"b", 0.5}}, slopes(-3, 0.5L)},
      {"sign", "sign", {}, [](const WideCovariance& c) { return two_slopes(-1, 1, true, c); }},
      {"erf", "erf", {}, erf_of(1, 1, 0)},
      {"erf", "erf", {{"a", 0.5}, {"b", 1.75}, {"c", 0.25}}, erf_of(0.5, 1.75, 0.25)},
      {"erf", "erf", {{"b", 0.03125}}, erf_of(1, 0.03125, 0)},
      {"erf", "sigmoid_like", {}, erf_of(0.5, logistic, 0.5)},
      {"gelu", "gelu", {}, gelu},
      {"sin", "sin", {}, wave_of(1, 1, 0)},
      {"sin", "sin", {{"a", 2.0}, {"b", 1.5}, {"c", -0.5}}, wave_of(2, 1.5, -0.5)},
      {"sin", "cos", {}, [](const WideCovariance& v) { return wave(1, 1, 1, 0, v); }},
      {"rbf",
       "rbf",
       {{"gamma", 0.75}},
       [](const WideCovariance& v) {
         const Wide value = std::exp(Wide{-0.75} * std::max(Wide{0}, (v.p - v.k) + (v.q - v.k)));
         return WideMoments{value, Wide{1.5} * value};
       }},
      {"layer_norm",
       "layer_norm",
       {{"axis", std::string("channel")}},
       [](const WideCovariance& v) {
         const Wide root = std::sqrt(v.p + Wide{1e-12}) * std::sqrt(v.q + Wide{1e-12});
         return WideMoments{v.k / root, 1 / root};
       }},
  };
}

template <class T>
std::vector<Covariance> covariances() {
  using Limits = std::numeric_limits<T>;
  const double denorm = Limits::denorm_min(), least = Limits::min(), most = Limits::max();
  const Wide eps = Limits::epsilon();
  const double ends[] = {0,           denorm,     3 * denorm, 1000 * denorm, least / 2, least,
                         1.5 * least, 77 * least, 1e-20,      1e-7,          0.75,      1,
                         1.3,         30,         1e20,       most / 5,      most / 2,  most};
  std::vector<Covariance> points;
  for (const double v : ends)
    for (const double w : ends)
      for (const Wide c : {Wide{-1}, -1 + eps, -1 + 64 * eps, Wide{-0.999L}, Wide{-0.5L}, Wide{0},
                           eps, Wide{0.5L}, Wide{0.999L}, 1 - 64 * eps, 1 - eps, Wide{1}}) {
        // Volatile, because GCC 12's vectoriser drops a rounding to float that goes straight back
        // to double.
        const volatile T p = static_cast<T>(v), q = static_cast<T>(w);
        const volatile T k = static_cast<T>(c * std::sqrt(Wide{p}) * std::sqrt(Wide{q}));
        points.push_back({double{k}, double{p}, double{q}});
      }
  return points;
}

/// What arithmetic of precision T may be off by: some units in the last place of what a moment can
/// be, which its values at both variances bound (Cauchy and Schwarz), of the covariance and the
/// variances themselves, and of the smallest number.
template <class T>
WideMoments tolerance(const Reference& f, const WideCovariance& c, const WideMoments& expected) {
  constexpr Wide eps = std::numeric_limits<T>::epsilon(),
                 least = std::numeric_limits<T>::denorm_min();
  const WideMoments first = f.moments({c.p, c.p, c.p}), second = f.moments({c.q, c.q, c.q});
  WideMoments blur{0, 0};
  for (const Wide sign : {-1, 1}) {
    const Wide step = sign * 4 * eps;
    const Wide root = c.root(), k = c.k + step * root + sign * 2 * least;
    for (const WideCovariance& near : {WideCovariance{std::clamp(k, -root, root), c.p, c.q},
                                       {c.k, c.p * (1 + step), c.q},
                                       {c.k, c.p, c.q * (1 + step)}}) {
      const WideMoments m = f.moments(near);
      blur.value = std::max(blur.value, std::abs(m.value - expected.value));
      blur.slope = std::max(blur.slope, std::abs(m.slope - expected.slope));
    }
  }
  return {8 * eps * std::sqrt(first.value) * std::sqrt(second.value) + blur.value + 8 * least,
          8 * eps * std::sqrt(first.slope) * std::sqrt(second.slope) + blur.slope + 8 * least};
}

/// Within the tolerance, and finite wherever the exact number is.
template <class T>
bool agrees(double found, Wide expected, Wide tolerance) {
  if (std::abs(expected) + tolerance > Wide{std::numeric_limits<T>::max()}) return found == found;
  return std::abs(found - expected) <= tolerance;
}

}  // namespace

TEST_CASE_TEMPLATE("moments agree with the exact ones for variances of every size", T, float,
                   double) {
  const std::vector<Covariance> points = covariances<T>();
  for (const Reference& f : references()) {
    CAPTURE(f.type);
    std::vector<WideMoments> expected, allowed;
    for (const Covariance& c : points) {
      const WideCovariance wide{c.k, c.p, c.q};
      expected.push_back(f.moments(wide));
      allowed.push_back(tolerance<T>(f, wide, expected.back()));
    }
    for (const std::string& isa : instruction_sets()) {
      CAPTURE(isa);
      const Layer layer(Library(f.library, isa), f.type, f.parameters);
      const std::vector<MomentPair> found = moments<T>(layer, points);
      for (std::size_t i = 0; i < points.size(); ++i) {
        CAPTURE(points[i].k);
        CAPTURE(points[i].p);
        CAPTURE(points[i].q);
        CAPTURE(found[i].value);
        CAPTURE(static_cast<double>(expected[i].value));
        CHECK(agrees<T>(found[i].value, expected[i].value, allowed[i].value));
        CAPTURE(found[i].slope);
        CAPTURE(static_cast<double>(expected[i].slope));
        CHECK(agrees<T>(found[i].slope, expected[i].slope, allowed[i].slope));
      }
    }
  }
}

TEST_CASE_TEMPLATE("the variance that a layer makes of a variance of any size is not negative", T,
                   float, double) {
  std::vector<Covariance> points;
  for (const Covariance& c : covariances<T>()) points.push_back({c.p, c.p, c.p});
  for (const Reference& f : references())
    for (const std::string& isa : instruction_sets()) {
      CAPTURE(f.type);
      CAPTURE(isa);
      for (const MomentPair& m :
           moments<T>(Layer(Library(f.library, isa), f.type, f.parameters), points))
        CHECK(m.value >= 0);
    }
}

}  // namespace widelimit::plugin_tests
