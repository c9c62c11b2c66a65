// Polynomials for the SDK's functions, for float and double. They are Chebyshev interpolants in
// powers of their variable, of the smallest degree whose error is below rounding error. Those of
// the arc-cosine kernels have the smallest error as defined there (Remez' exchange). tests/sdk
// checks every coefficient, or the error of the polynomial, against the definition in its comment,
// with 100 digits.
//
// Thread safety: constants.
#pragma once

#include <array>
#include <cstddef>

namespace widelimit::sdk::polynomials {

/// (atan(t) / t - 1) / z of z = t^2 in [0, 1].
template <class T>
inline constexpr std::array<T, 0> atan{};
template <>
inline constexpr std::array<float, 9> atan<float>{-0.333333313F,  0.199997395F,   -0.142785683F,
                                                  0.110337645F,   -0.0865688026F, 0.0625016913F,
                                                  -0.0358715393F, 0.0135077713F,  -0.00238699722F};
template <>
inline constexpr std::array<double, 20> atan<double>{
    -0.33333333333333331,   0.19999999999997531,   -0.14285714285384132,    0.11111111093490827,
    -0.090909085908919343,  0.076922989710332165,  -0.066665646992891042,   0.058815068777936561,
    -0.052579733342841106,  0.047377495795277787,  -0.042603566326016522,   0.037494868125352472,
    -0.031277189066996385,  0.023696731580048622,  -0.015535152475414177,   0.0083689311784501622,
    -0.0034958859739163094, 0.0010496035084968515, -0.00019996189377901382, 1.8061954618612151e-05};

/// (asin(t) / t - 1) / z of z = t^2 in [0, 1/4].
template <class T>
inline constexpr std::array<T, 0> asin{};
template <>
inline constexpr std::array<float, 6> asin<float>{0.166666657F,  0.0750009418F, 0.0445994027F,
                                                  0.0311006624F, 0.0171492379F, 0.0336908475F};
template <>
inline constexpr std::array<double, 13> asin<double>{
    0.16666666666666669,  0.074999999999984329,  0.044642857146355429, 0.030381944138531247,
    0.022372172942149889, 0.017352392720869973,  0.013971212973552933, 0.011479177415184906,
    0.010322814350185779, 0.0054575067186403581, 0.017400879442694021, -0.014851887071247204,
    0.028757851367421566};

/// (exp(r) - 1 - r) / r^2 of r in [-0.34658, 0.34658], slightly more than half of log 2.
template <class T>
inline constexpr std::array<T, 0> exp{};
template <>
inline constexpr std::array<float, 5> exp<float>{0.5F, 0.166665778F, 0.0416665561F, 0.00836317427F,
                                                 0.00139261771F};
template <>
inline constexpr std::array<double, 10> exp<double>{
    0.50000000000000011,    0.16666666666666669,    0.041666666666624157,   0.0083333333333300633,
    0.0013888888917199863,  0.00019841269863042963, 2.4801521317484083e-05, 2.7557268476553695e-06,
    2.7620078203806394e-07, 2.5100377619606372e-08};

/// A(x) = arccos(x) / (2 pi sqrt(1 - x)) of x in [0, 1], single precision: 1/4 and x times a
/// polynomial, so that A(0) is 1/4 exactly, with the least error of sqrt(1 - x) A(x), 1.6e-8.
inline constexpr std::array<float, 7> arc_cosine_angle{
    0.25F,          -0.0341537334F,  0.0141434437F,  -0.00784891285F,
    0.00445423275F, -0.00194217055F, 0.000426442653F};

/// S(x) = (sin t - t cos t) / (2 pi (1 - x)^(3/2)), t = arccos(x), of x in [0, 1], single
/// precision: the polynomial with the least error of (1 - x)^(3/2) S(x), 4.0e-9.
inline constexpr std::array<float, 6> arc_cosine_area{0.159154937F,    -0.0112671228F,
                                                      0.00298464624F,  -0.00117792259F,
                                                      0.000469243561F, -0.00011181552F};

/// The value at x of the polynomial with these coefficients, lowest power first, by Horner's rule.
template <class V, class T, std::size_t n>
V evaluate(const std::array<T, n>& coefficients, V x) {
  V sum = coefficients[n - 1];
  for (std::size_t i = n - 1; i-- > 0;) sum = fma(sum, x, V(coefficients[i]));
  return sum;
}

/// The same with two chains, for even and for odd powers, with `square` = x^2. This halves the
/// latency at the cost of one more operation. In long loops that do little else, chains of
/// dependent operations take most of the time.
template <class V, class T, std::size_t n>
V evaluate_in_halves(const std::array<T, n>& coefficients, V x, V square) {
  static_assert(n >= 2);
  V last = coefficients[n - 1], other = coefficients[n - 2];
  for (std::size_t i = n - 2; i-- > 0;) {
    const V next = fma(last, square, V(coefficients[i]));
    last = other;
    other = next;
  }
  return fma(last, x, other);
}

}  // namespace widelimit::sdk::polynomials
