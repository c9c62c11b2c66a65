// The functions of math.hpp and arc_cosine.hpp in every copy, against the standard library in
// extended precision, within the bounds that they claim.
#include "copies.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <numbers>
#include <random>
#include <string>
#include <vector>

namespace {

using widelimit::test::Copy;
using widelimit::test::Function;

template <class T>
std::vector<T> apply(const Copy& copy, Function f, std::vector<T> x, std::vector<T> y = {},
                     std::vector<T> z = {}) {
  const std::size_t n = x.size(), padded = (n + 15) / 16 * 16;
  for (auto* v : {&x, &y, &z}) v->resize(padded, T(1));
  std::vector<T> out(padded);
  if constexpr (sizeof(T) == 4)
    copy.apply_f32(f, x.data(), y.data(), z.data(), out.data(), padded);
  else
    copy.apply_f64(f, x.data(), y.data(), z.data(), out.data(), padded);
  out.resize(n);
  return out;
}

/// How far a result is from the exact one, in units in the last place of the exact one.
template <class T>
double ulps(T result, long double exact) {
  const T rounded = static_cast<T>(exact);
  if (result == rounded || (std::isnan(result) && std::isnan(rounded))) return 0;
  if (!std::isfinite(result) || !std::isfinite(rounded))
    return std::numeric_limits<double>::infinity();
  const T size = std::max(std::abs(rounded), std::numeric_limits<T>::min());
  const T unit = std::nextafter(size, std::numeric_limits<T>::infinity()) - size;
  return static_cast<double>(std::abs(static_cast<long double>(result) - exact) /
                             static_cast<long double>(unit));
}

/// Numbers in [low, high]: spread evenly, and with magnitudes down to 1e-12 of the larger end.
template <class T>
std::vector<T> numbers(double low, double high, std::size_t n, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::uniform_real_distribution<double> even(low, high), exponent(-12, 0);
  std::vector<T> x{T(low), T(high), T(0)};
  while (x.size() < n) {
    x.push_back(static_cast<T>(even(engine)));
    x.push_back(static_cast<T>(even(engine) * std::pow(10, exponent(engine))));
  }
  for (T& v : x) v = std::clamp(v, T(low), T(high));
  return x;
}

/// The worst error over the arguments, with the place where it is.
template <class T>
void check_function(Function f, const std::vector<T>& x, const std::vector<T>& y, double bound,
                    const std::function<long double(long double, long double)>& exact) {
  for (const Copy& copy : widelimit::test::copies()) {
    const auto result = apply(copy, f, x, y);
    double worst = 0;
    std::size_t at = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double error = ulps(result[i], exact(x[i], y.empty() ? 0 : y[i]));
      if (!(error <= worst)) {
        worst = error;
        at = i;
      }
    }
    CAPTURE(copy.name);
    CAPTURE(sizeof(T));
    CAPTURE(double(x[at]));
    CAPTURE(double(result[at]));
    CHECK(worst <= bound);
  }
}

constexpr std::size_t many = 40000;
/// What math.hpp claims.
constexpr double claimed_ulps = 2.5;

template <class T>
bool same_bits(T a, T b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

}  // namespace

TEST_CASE_TEMPLATE("exp and expm1 keep their bound wherever the result is a normal number", T,
                   float, double) {
  const double low = std::log(std::numeric_limits<T>::min()) + 1;
  const double high = std::log(std::numeric_limits<T>::max()) - 1e-3;
  check_function<T>(Function::exp, numbers<T>(low, high, many, 1), {}, claimed_ulps,
                    [](long double x, long double) { return std::exp(x); });
  check_function<T>(Function::expm1, numbers<T>(-60, high, many, 2), {}, claimed_ulps,
                    [](long double x, long double) { return std::expm1(x); });
  check_function<T>(Function::expm1, numbers<T>(-1, 1, many, 3), {}, claimed_ulps,
                    [](long double x, long double) { return std::expm1(x); });
}

TEST_CASE_TEMPLATE("exp is exact at 0, overflows to infinity, underflows to 0 and keeps NaN", T,
                   float, double) {
  constexpr T inf = std::numeric_limits<T>::infinity();
  for (const Copy& copy : widelimit::test::copies()) {
    CAPTURE(copy.name);
    const auto e =
        apply<T>(copy, Function::exp, {T(0), T(-0.0), T(1000), inf, T(-1000), -inf, T(NAN)});
    CHECK(e[0] == 1);
    CHECK(e[1] == 1);
    CHECK(e[2] == inf);
    CHECK(e[3] == inf);
    CHECK(e[4] == 0);
    CHECK(e[5] == 0);
    CHECK(std::isnan(e[6]));
    const auto m = apply<T>(copy, Function::expm1, {T(0), T(1000), inf, T(-1000), -inf, T(NAN)});
    CHECK(m[0] == 0);
    CHECK(m[1] == inf);
    CHECK(m[2] == inf);
    CHECK(m[3] == -1);
    CHECK(m[4] == -1);
    CHECK(std::isnan(m[5]));
  }
}

TEST_CASE_TEMPLATE("the inverse trigonometric functions keep their bound", T, float, double) {
  check_function<T>(Function::asin, numbers<T>(-1, 1, many, 4), {}, claimed_ulps,
                    [](long double x, long double) { return std::asin(x); });
  check_function<T>(Function::acos, numbers<T>(-1, 1, many, 5), {}, claimed_ulps,
                    [](long double x, long double) { return std::acos(x); });
  check_function<T>(Function::atan, numbers<T>(-50, 50, many, 6), {}, claimed_ulps,
                    [](long double x, long double) { return std::atan(x); });
  check_function<T>(Function::atan2, numbers<T>(-3, 3, many, 7), numbers<T>(-3, 3, many, 8),
                    claimed_ulps, [](long double x, long double y) { return std::atan2(x, y); });
}

TEST_CASE_TEMPLATE("inverse trigonometric functions outside of their domain are not numbers", T,
                   float, double) {
  for (const Copy& copy : widelimit::test::copies()) {
    CAPTURE(copy.name);
    for (const Function f : {Function::asin, Function::acos})
      for (const T result : apply<T>(copy, f, {T(1.5), T(-1.5), T(NAN)})) CHECK(std::isnan(result));
  }
}

TEST_CASE_TEMPLATE("erf goes through the standard library lane by lane", T, float, double) {
  const auto x = numbers<T>(-4, 4, 1000, 9);
  for (const Copy& copy : widelimit::test::copies()) {
    const auto result = apply(copy, Function::erf, x);
    for (std::size_t i = 0; i < x.size(); ++i) CHECK(same_bits(result[i], std::erf(x[i])));
  }
}

TEST_CASE_TEMPLATE("the geometric mean of a number and itself is that number to the bit", T, float,
                   double) {
  std::mt19937_64 engine(10);
  const double range = sizeof(T) == 4 ? 37 : 307;
  std::uniform_real_distribution<double> exponent(-range, range), mantissa(1, 10);
  std::vector<T> x{T(0), T(1), std::numeric_limits<T>::max(), std::numeric_limits<T>::min()};
  for (int i = 0; i < 4000; ++i)
    x.push_back(static_cast<T>(mantissa(engine) * std::pow(10, exponent(engine))));
  for (const Copy& copy : widelimit::test::copies()) {
    CAPTURE(copy.name);
    const auto mean = apply(copy, Function::geometric_mean, x, x);
    for (std::size_t i = 0; i < x.size(); ++i)
      CHECK_MESSAGE(same_bits(mean[i], x[i]), double(x[i]));
  }
}

TEST_CASE_TEMPLATE("geometric means of different numbers are right and never overflow", T, float,
                   double) {
  std::mt19937_64 engine(11);
  const double range = sizeof(T) == 4 ? 37 : 300;
  std::uniform_real_distribution<double> exponent(-range, range);
  std::vector<T> x, y;
  for (int i = 0; i < 4000; ++i) {
    x.push_back(static_cast<T>(std::pow(10, exponent(engine))));
    y.push_back(static_cast<T>(std::pow(10, exponent(engine))));
  }
  // One rounding of the scaled product, halved by the root, and one of the root itself.
  check_function<T>(Function::geometric_mean, x, y, 1.01,
                    [](long double a, long double b) { return std::sqrt(a) * std::sqrt(b); });
}

TEST_CASE_TEMPLATE("a difference of products loses nothing to cancellation", T, float, double) {
  std::mt19937_64 engine(12);
  std::uniform_real_distribution<double> even(0.5, 2);
  std::vector<T> x, y, z;
  for (int i = 0; i < 4000; ++i) {
    x.push_back(static_cast<T>(even(engine)));
    y.push_back(static_cast<T>(even(engine)));
    // Close to the root of x y, so that almost all digits cancel.
    z.push_back(std::nextafter(std::sqrt(x.back() * y.back()), T(i % 3)));
  }
  for (const Copy& copy : widelimit::test::copies()) {
    CAPTURE(copy.name);
    const auto difference = apply(copy, Function::difference_of_products, x, y, z);
    double worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      // Exact: the products have at most 53 + 53 bits, of which those left fit into 113.
      const __float128 exact = static_cast<__float128>(x[i]) * static_cast<__float128>(y[i]) -
                               static_cast<__float128>(z[i]) * static_cast<__float128>(z[i]);
      worst = std::max(worst, ulps(difference[i], static_cast<long double>(exact)));
    }
    // Kahan's bound (Jeannerod, Louvet and Muller 2013).
    CHECK(worst <= 1.5);
    const auto zero = apply(copy, Function::difference_of_products, x, x, x);
    for (const T number : zero) CHECK(number == 0);
  }
}

TEST_CASE_TEMPLATE("the arc-cosine kernels of a sample and itself are 1/2 and p/2 to the bit", T,
                   float, double) {
  const auto p = [] {
    auto x = numbers<T>(0, 50, 4000, 13);
    std::erase(x, T(0));
    // Of every size. Close to the smallest normal number, rounding of products has the most ties.
    using Limits = std::numeric_limits<T>;
    for (T v = Limits::denorm_min(); v < Limits::max() / 3; v *= T(2.75)) x.push_back(v);
    for (int i = -1000; i < 30000; ++i)
      x.push_back(Limits::min() + static_cast<T>(i) * Limits::denorm_min());
    x.push_back(Limits::max());
    return x;
  }();
  for (const Copy& copy : widelimit::test::copies()) {
    CAPTURE(copy.name);
    const auto step = apply(copy, Function::arc_cosine_step, p, p, p);
    const auto ramp = apply(copy, Function::arc_cosine_ramp, p, p, p);
    for (std::size_t i = 0; i < p.size(); ++i) {
      CHECK_MESSAGE(same_bits(step[i], T(0.5)), double(p[i]));
      CHECK_MESSAGE(same_bits(ramp[i], T(0.5) * p[i]), double(p[i]));
    }
  }
}

TEST_CASE_TEMPLATE("the arc-cosine kernels agree with Cho and Saul's formulas", T, float, double) {
  std::mt19937_64 engine(14);
  std::uniform_real_distribution<double> variance(0.1, 5), correlation(-1, 1);
  std::vector<T> k, p, q;
  for (int i = 0; i < 4000; ++i) {
    p.push_back(static_cast<T>(variance(engine)));
    q.push_back(static_cast<T>(variance(engine)));
    k.push_back(
        static_cast<T>(correlation(engine) * std::sqrt(double(p.back()) * double(q.back()))));
  }
  constexpr long double pi = std::numbers::pi_v<long double>;
  constexpr double eps = std::numeric_limits<T>::epsilon();
  for (const Copy& copy : widelimit::test::copies()) {
    CAPTURE(copy.name);
    const auto step = apply(copy, Function::arc_cosine_step, k, p, q);
    const auto ramp = apply(copy, Function::arc_cosine_ramp, k, p, q);
    for (std::size_t i = 0; i < k.size(); ++i) {
      const long double scale = std::sqrt(static_cast<long double>(p[i]) * q[i]);
      const long double c = std::clamp(k[i] / scale, -1.0L, 1.0L), t = std::acos(c);
      // e = 1 - |c| carries an error of eps / e relative; its root in the angle is the worst term:
      // eps / sqrt(e) / (2 pi), and e is above 1e-4 for almost all of these.
      const double e = 1 - std::abs(static_cast<double>(c));
      const double tolerance = 4 * eps * (1 + 0.2 / std::sqrt(std::max(e, eps)));
      CHECK(std::abs(step[i] - static_cast<double>((pi - t) / (2 * pi))) <= tolerance);
      const auto exact = static_cast<double>(scale * (std::sin(t) + (pi - t) * c) / (2 * pi));
      CHECK(std::abs(ramp[i] - exact) <= 4 * eps * static_cast<double>(scale));
    }
  }
}

TEST_CASE_TEMPLATE("the arc-cosine kernels of no variance are 1/4 and 0", T, float, double) {
  for (const Copy& copy : widelimit::test::copies()) {
    CAPTURE(copy.name);
    CHECK(apply<T>(copy, Function::arc_cosine_step, {T(0)}, {T(0)}, {T(2)})[0] == T(0.25));
    CHECK(apply<T>(copy, Function::arc_cosine_ramp, {T(0)}, {T(0)}, {T(2)})[0] == T(0));
  }
}

TEST_CASE_TEMPLATE("the arc-cosine kernels of one variance alone are 1/4 and 0 too", T, float,
                   double) {
  // The other's root is above and below the exact one.
  const auto q = numbers<T>(1, 50, 2000, 15);
  const std::vector<T> zero(q.size(), T(0));
  for (const Copy& copy : widelimit::test::copies()) {
    CAPTURE(copy.name);
    for (const bool first : {true, false}) {
      const auto step =
          apply(copy, Function::arc_cosine_step, zero, first ? zero : q, first ? q : zero);
      const auto ramp =
          apply(copy, Function::arc_cosine_ramp, zero, first ? zero : q, first ? q : zero);
      for (std::size_t i = 0; i < q.size(); ++i) {
        CHECK_MESSAGE(same_bits(step[i], T(0.25)), double(q[i]));
        CHECK_MESSAGE(ramp[i] == 0, double(q[i]));
      }
    }
  }
}

TEST_CASE_TEMPLATE("near opposite samples the arc-cosine kernels do not become negative", T, float,
                   double) {
  constexpr T eps = std::numeric_limits<T>::epsilon();
  std::mt19937_64 engine(16);
  std::uniform_int_distribution<int> steps(0, 20000), few(-3, 3);
  std::vector<T> k, p, q;
  for (int i = 0; i < 20000; ++i) {
    p.push_back(1 + static_cast<T>(steps(engine)) * eps);
    q.push_back(1 + static_cast<T>(steps(engine)) * eps);
    k.push_back(-std::sqrt(p.back() * q.back()) + static_cast<T>(few(engine)) * eps);
  }
  // Among them the root of p q that both roots, rounded down, hide.
  p.push_back(1 + 5852 * eps);
  q.push_back(1 + 10070 * eps);
  k.push_back(-(1 + 7960 * eps));
  for (const Copy& copy : widelimit::test::copies()) {
    CAPTURE(copy.name);
    const auto step = apply(copy, Function::arc_cosine_step, k, p, q);
    const auto ramp = apply(copy, Function::arc_cosine_ramp, k, p, q);
    for (std::size_t i = 0; i < k.size(); ++i) {
      CHECK(step[i] >= 0);
      CHECK(ramp[i] >= 0);
    }
  }
}
