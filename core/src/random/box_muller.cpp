// The Box-Muller transform with its own logarithm, sine and cosine: power series on reduced
// arguments, in plain additions and multiplications without branches. The loop vectorises, and its
// bits do not depend on the C library's choice of instructions (this file is compiled without
// contraction to FMA).
#include "random/box_muller.hpp"

#include <bit>
#include <cmath>
#include <cstddef>
#include <numbers>

namespace widelimit::detail {

namespace {

// c[0] + x (c[1] + x (c[2] + ...)).
template <std::size_t n>
double horner(const double (&c)[n], double x) {
  double sum = c[n - 1];
  for (std::size_t i = n - 1; i-- > 0;) sum = sum * x + c[i];
  return sum;
}

// log u = e log 2 + 2 artanh(s), s = (m - 1) / (m + 1), for u = m 2^e with m in [sqrt(1/2), sqrt
// 2): |s| < 0.1716, and the first omitted term of artanh(s) / s is s^24 / 25 < 2e-20. `u` is
// normal.
double log_of(double u) {
  constexpr double series[] = {1.0,      1.0 / 3,  1.0 / 5,  1.0 / 7,  1.0 / 9,  1.0 / 11,
                               1.0 / 13, 1.0 / 15, 1.0 / 17, 1.0 / 19, 1.0 / 21, 1.0 / 23};
  const auto bits = std::bit_cast<std::uint64_t>(u);
  // Adding the distance from sqrt(1/2) to 1 carries into the exponent from sqrt(1/2) on.
  constexpr std::uint64_t one = std::bit_cast<std::uint64_t>(1.0);
  constexpr std::uint64_t root = std::bit_cast<std::uint64_t>(std::numbers::sqrt2 / 2);
  const std::uint64_t shifted = bits + (one - root);
  const std::uint64_t biased = shifted >> 52;
  const double m = std::bit_cast<double>(bits - ((biased - 1023) << 52));
  // The small integer to a double through the low bits of 2^52, which every vector unit can do.
  const double e =
      std::bit_cast<double>(biased | std::bit_cast<std::uint64_t>(0x1p52)) - (0x1p52 + 1023.0);
  const double s = (m - 1.0) / (m + 1.0);
  return e * std::numbers::ln2 + 2.0 * s * horner(series, s * s);
}

struct SineCosine {
  double sine, cosine;
};

// Of 2 pi v for v in [0, 1]: 4 v = q + f with |f| <= 1/2, and the series on |x| <= pi/4 where their
// first omitted terms are x^19 / 19! < 9e-20 and x^18 / 18! < 3e-18.
SineCosine sine_cosine_of_turns(double v) {
  constexpr double sine_series[] = {1.0,
                                    -1.0 / 6,
                                    1.0 / 120,
                                    -1.0 / 5040,
                                    1.0 / 362880,
                                    -1.0 / 39916800,
                                    1.0 / 6227020800,
                                    -1.0 / 1307674368000,
                                    1.0 / 355687428096000};
  constexpr double cosine_series[] = {1.0,
                                      -1.0 / 2,
                                      1.0 / 24,
                                      -1.0 / 720,
                                      1.0 / 40320,
                                      -1.0 / 3628800,
                                      1.0 / 479001600,
                                      -1.0 / 87178291200,
                                      1.0 / 20922789888000};
  constexpr double to_integer = 0x1.8p52;  // adding it rounds to an integer, kept in the low bits
  const double quarters = 4.0 * v;
  const double rounded = quarters + to_integer;
  const auto q = std::bit_cast<std::uint64_t>(rounded);
  const double x = (quarters - (rounded - to_integer)) * (std::numbers::pi / 2);
  const double x2 = x * x;
  const auto s = std::bit_cast<std::uint64_t>(x * horner(sine_series, x2));
  const auto c = std::bit_cast<std::uint64_t>(horner(cosine_series, x2));
  // x + q pi/2: odd q swap sine and cosine, the sine is negative for q = 2, 3, the cosine for 1, 2.
  const std::uint64_t swap = 0 - (q & 1);
  const std::uint64_t exchange = (s ^ c) & swap;
  const std::uint64_t sine_sign = (q & 2) << 62;
  const std::uint64_t cosine_sign = ((q + 1) & 2) << 62;
  return {std::bit_cast<double>((s ^ exchange) ^ sine_sign),
          std::bit_cast<double>((c ^ exchange) ^ cosine_sign)};
}

}  // namespace

void box_muller(double* numbers, std::uint64_t n) {
  for (std::uint64_t i = 0; i < n; i += 2) {
    const double radius = std::sqrt(-2.0 * log_of(numbers[i]));
    const SineCosine turn = sine_cosine_of_turns(numbers[i + 1]);
    numbers[i] = radius * turn.cosine;
    numbers[i + 1] = radius * turn.sine;
  }
}

}  // namespace widelimit::detail
