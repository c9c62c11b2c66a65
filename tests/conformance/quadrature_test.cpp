// The references of the checks are exact: of functions that grow, oscillate, have kinks and jumps
// away from zero, at every correlation and over the variances at which they are used.
#include <conformance/quadrature.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

namespace {

using widelimit::conformance::Curve;
using widelimit::conformance::gaussian_moments;
using widelimit::conformance::Moments;

template <class F, class G>
Curve curve(F f, G slope) {
  return [f, slope](const std::vector<double>& x, std::vector<double>& value,
                    std::vector<double>& derivative) {
    value.clear();
    derivative.clear();
    for (const double at : x) {
      value.push_back(f(at));
      derivative.push_back(slope(at));
    }
  };
}

struct Pair {
  double a, q, b;
};
const std::vector<Pair> pairs{{1.3, -0.4, 0.7}, {1, 0, 1},    {2, 1.9, 2},  {0.5, -0.49, 0.5},
                              {0.3, 0.3, 0.3},  {42, 42, 42}, {42, 30, 42}, {100, 100, 100},
                              {0.1, 0.01, 100}, {4, -4, 4},   {1, 2, 4}};

void expect(double seen, double wanted, const Pair& p) {
  CAPTURE(p.a);
  CAPTURE(p.q);
  CAPTURE(p.b);
  CHECK(seen == doctest::Approx(wanted).epsilon(2e-12).scale(0));
}

double normal_cdf(double x) { return std::erfc(-x / std::numbers::sqrt2) / 2; }
double normal_pdf(double x) { return std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi); }

}  // namespace

TEST_CASE("moments of exp: the weight lies far from the mean") {
  const Curve f = curve([](double x) { return std::exp(x); }, [](double x) { return std::exp(x); });
  for (const Pair& p : pairs) {
    const Moments m = gaussian_moments(f, p.a, p.q, p.b);
    CHECK(m.problem.empty());
    expect(m.value, std::exp((p.a + p.b) / 2 + p.q), p);
    expect(m.slope, std::exp((p.a + p.b) / 2 + p.q), p);
  }
}

TEST_CASE("moments of sines: many periods in a deviation") {
  for (const double w : {0.3, 1.0, 3.0}) {
    const Curve f = curve([w](double x) { return std::sin(w * x); },
                          [w](double x) { return w * std::cos(w * x); });
    for (const Pair& p : pairs) {
      const Moments m = gaussian_moments(f, p.a, p.q, p.b);
      const double towards = std::exp(-w * w * (p.a + p.b - 2 * p.q) / 2) / 2,
                   away = std::exp(-w * w * (p.a + p.b + 2 * p.q) / 2) / 2;
      CHECK(std::abs(m.value - (towards - away)) <= 1e-13);
      CHECK(std::abs(m.slope - w * w * (towards + away)) <= 1e-12);
    }
  }
}

TEST_CASE("moments of ramps and steps, whose kinks are anywhere") {
  for (const double c : {0.0, 0.7, -1.3}) {
    const Curve f = curve([c](double x) { return std::max(x - c, 0.0); },
                          [c](double x) { return x > c ? 1.0 : 0.0; });
    for (const double a : {0.3, 1.0, 42.0, 100.0}) {
      // E[max(u - c, 0)^2] = (a + c^2) P(u > c) - c sqrt(a) density, P(u > c).
      const double s = std::sqrt(a), t = c / s;
      const Moments m = gaussian_moments(f, a, a, a);
      expect(m.value, (a + c * c) * normal_cdf(-t) - c * s * normal_pdf(t), {a, a, a});
      expect(m.slope, normal_cdf(-t), {a, a, a});
    }
    // Independent arguments: the product of the means.
    const Moments m = gaussian_moments(f, 1.3, 0, 0.7);
    const auto mean = [c](double a) {
      return std::sqrt(a) * normal_pdf(c / std::sqrt(a)) - c * normal_cdf(-c / std::sqrt(a));
    };
    expect(m.value, mean(1.3) * mean(0.7), {1.3, 0, 0.7});
    expect(m.slope, normal_cdf(-c / std::sqrt(1.3)) * normal_cdf(-c / std::sqrt(0.7)),
           {1.3, 0, 0.7});
  }
  // At the origin the probability of a quadrant is known: 1/4 + asin(c) / (2 pi).
  const Curve step = curve([](double x) { return x > 0 ? 1.0 : 0.0; }, [](double) { return 0.0; });
  for (const Pair& p : pairs) {
    const double c = std::clamp(p.q / std::sqrt(p.a * p.b), -1.0, 1.0);
    CHECK(std::abs(gaussian_moments(step, p.a, p.q, p.b).value -
                   (0.25 + std::asin(c) / (2 * std::numbers::pi))) <= 1e-11);
  }
}

TEST_CASE("moments of ramps with kinks as near to the ends of panels as can be") {
  for (int i = 0; i < 60; ++i) {
    const double c = -2 + 0.0673 * i, a = i % 2 == 0 ? 1.3 : 42, s = std::sqrt(a), t = c / s;
    const Curve f = curve([c](double x) { return std::max(x - c, 0.0); },
                          [c](double x) { return x > c ? 1.0 : 0.0; });
    const Moments m = gaussian_moments(f, a, a, a);
    CAPTURE(c);
    expect(m.value, (a + c * c) * normal_cdf(-t) - c * s * normal_pdf(t), {a, a, a});
    expect(m.slope, normal_cdf(-t), {a, a, a});
  }
  // Panels begin at multiples of a 48th of the interval: sqrt(a) and the like times a half.
  for (const double at : {0.5, 1.0, 1.5})
    for (const double away : {-1e-3, -1e-5, 1e-9, 1e-4, 2e-3}) {
      const double c = at + away;
      const Curve f = curve([c](double x) { return std::max(x - c, 0.0); },
                            [c](double x) { return x > c ? 1.0 : 0.0; });
      CAPTURE(c);
      expect(gaussian_moments(f, 1, 1, 1).slope, normal_cdf(-c), {1, 1, 1});
    }
}

TEST_CASE("where there are no moments, the reference says so") {
  const Curve fast = curve([](double x) { return std::exp(x * x / 10); },
                           [](double x) { return x / 5 * std::exp(x * x / 10); });
  CHECK(gaussian_moments(fast, 1, 0.5, 1).problem.empty());
  CHECK(gaussian_moments(fast, 42, 42, 42).problem.find("grows too fast") != std::string::npos);
  const Curve log = curve([](double x) { return std::log(x); }, [](double x) { return 1 / x; });
  CHECK_THROWS_WITH(static_cast<void>(gaussian_moments(log, 1, 0, 1)),
                    doctest::Contains("value at x = -12 is not a number"));
}
