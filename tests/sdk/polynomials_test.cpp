// The coefficients in polynomials.hpp against their definitions, in 100 digits.
#include <widelimit/sdk/detail/polynomials.hpp>

#include <doctest/doctest.h>
#include <boost/math/constants/constants.hpp>
#include <boost/multiprecision/cpp_bin_float.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace {

using Real = boost::multiprecision::cpp_bin_float_100;
namespace polynomials = widelimit::sdk::polynomials;

/// The polynomial with n coefficients through f at the Chebyshev points of [a, b], by Newton's
/// divided differences, in powers of its variable.
template <class F>
std::vector<Real> interpolant(F f, const Real& a, const Real& b, std::size_t n) {
  const Real pi = boost::math::constants::pi<Real>();
  std::vector<Real> x(n), difference(n);
  for (std::size_t i = 0; i < n; ++i) {
    const Real angle = (2 * i + 1) * pi / (2 * n);
    x[i] = (a + b) / 2 + (b - a) / 2 * cos(angle);
    difference[i] = f(x[i]);
  }
  for (std::size_t k = 1; k < n; ++k)
    for (std::size_t i = n; i-- > k;)
      difference[i] = (difference[i] - difference[i - 1]) / (x[i] - x[i - k]);
  std::vector<Real> power(n, Real(0));
  for (std::size_t i = n; i-- > 0;) {  // power := power (t - x_i) + difference_i
    for (std::size_t j = n; j-- > 1;) power[j] = power[j - 1] - x[i] * power[j];
    power[0] = difference[i] - x[i] * power[0];
  }
  return power;
}

template <class T, std::size_t n, class F>
void check(const std::array<T, n>& coefficients, F f, const Real& a, const Real& b) {
  const auto expected = interpolant(f, a, b, n);
  for (std::size_t i = 0; i < n; ++i) {
    CAPTURE(i);
    CHECK(coefficients[i] == static_cast<T>(expected[i]));
  }
}

template <class T>
void check_all() {
  const auto atan_rest = [](const Real& z) {
    const Real t = sqrt(z);
    return Real((atan(t) / t - 1) / z);
  };
  const auto asin_rest = [](const Real& z) {
    const Real t = sqrt(z);
    return Real((asin(t) / t - 1) / z);
  };
  const auto exp_rest = [](const Real& r) {
    return abs(r) < Real("1e-30") ? Real(0.5) : Real((exp(r) - 1 - r) / (r * r));
  };
  check(polynomials::atan<T>, atan_rest, 0, 1);
  check(polynomials::asin<T>, asin_rest, 0, Real(0.25));
  check(polynomials::exp<T>, exp_rest, Real("-0.34658"), Real("0.34658"));
}

}  // namespace

TEST_CASE("every coefficient in single precision is that of the documented interpolant") {
  check_all<float>();
}
TEST_CASE("the polynomials of the arc-cosine kernels have at most the documented errors") {
  const Real pi = boost::math::constants::pi<Real>();
  // Chebyshev's points, 2,000 of them: errors of so few wiggles are at most 1e-5 of themselves
  // larger between.
  const auto largest_error = [&](const auto& coefficients, auto f, auto weight) {
    Real largest = 0;
    constexpr int n = 2000;
    for (int i = 0; i < n; ++i) {
      const Real x = (1 - cos(pi * (i + Real(0.5)) / n)) / 2;
      Real sum = 0;
      for (std::size_t j = coefficients.size(); j-- > 0;) sum = sum * x + Real(coefficients[j]);
      largest = std::max(largest, Real(weight(x) * abs(f(x) - sum)));
    }
    return static_cast<double>(largest);
  };
  const auto angle = [&](const Real& x) { return Real(acos(x) / (2 * pi * sqrt(1 - x))); };
  const auto area = [&](const Real& x) {
    const Real t = acos(x);
    return Real((sin(t) - t * cos(t)) / (2 * pi * (1 - x) * sqrt(1 - x)));
  };
  CHECK(polynomials::arc_cosine_angle[0] == 0.25F);
  // Those of the best polynomials, and what rounding seven and six coefficients adds.
  CHECK(largest_error(polynomials::arc_cosine_angle, angle,
                      [](const Real& x) { return Real(sqrt(1 - x)); }) < 1.7e-8);
  CHECK(largest_error(polynomials::arc_cosine_area, area,
                      [](const Real& x) { return Real((1 - x) * sqrt(1 - x)); }) < 7e-9);
}
TEST_CASE("every coefficient in double precision is that of the documented interpolant") {
  check_all<double>();
}
