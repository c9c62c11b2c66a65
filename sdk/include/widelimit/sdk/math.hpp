// Functions of vectors. Argument-dependent lookup finds them, so call them without a namespace.
// exp, expm1 and the inverse trigonometric functions are vectorised (error up to 2.5 units in the
// last place, see tests/sdk), as are the products and means that kernels need without cancellation
// or overflow. All other functions call the standard library for each lane.
//
// The result in a lane depends on that lane only.
//
// Thread safety: pure functions.
#pragma once

#include <widelimit/sdk/detail/polynomials.hpp>
#include <widelimit/sdk/simd.hpp>

#include <cmath>
#include <concepts>
#include <limits>
#include <numbers>

namespace widelimit::sdk {

namespace detail {

/// x = k log 2 + r with integral k and |r| <= log 2 / 2, and exp(r) - 1.
template <Vector V>
struct ReducedExponent {
  V k, expm1_r;

  explicit ReducedExponent(V x) {
    using T = scalar_t<V>;
    // log 2 in two parts. The first has so few bits that its product with k is exact.
    constexpr bool single = std::same_as<T, float>;
    constexpr T high = single ? T(0.693359375) : T(6.93147180369123816490e-01);
    constexpr T low = single ? T(-2.12194440e-4) : T(1.90821492927058770002e-10);
    k = round(x * V(std::numbers::log2e_v<T>));
    const V r = fma(-k, V(low), fma(-k, V(high), x));
    expm1_r = fma(r * r, polynomials::evaluate(polynomials::exp<T>, r), r);
  }
};

/// 2^k y, in two steps, so that no intermediate result overflows or underflows.
template <Vector V>
V scale_by_power_of_two(V y, V k) {
  const V half = round(k * V(0.5));
  return y * power_of_two(half) * power_of_two(k - half);
}

}  // namespace detail

/// e^x; exactly 1 at 0, infinity if it overflows.
template <Vector V>
V exp(V x) {
  using T = scalar_t<V>;
  constexpr T limit = std::same_as<T, float> ? T(110) : T(760);
  x = select(x > V(limit), V(limit), select(x < V(-limit), V(-limit), x));
  const detail::ReducedExponent<V> reduced(x);
  return detail::scale_by_power_of_two(V(1) + reduced.expm1_r, reduced.k);
}

/// e^x - 1, also accurate for small x.
template <Vector V>
V expm1(V x) {
  using T = scalar_t<V>;
  constexpr T limit = std::same_as<T, float> ? T(110) : T(760);
  const V bounded = select(x > V(limit), V(limit), select(x < V(-40), V(-40), x));
  const detail::ReducedExponent<V> reduced(bounded);
  // At k = 1024 (128 in single precision) 2^k overflows. Half of it does not, and the 1 is
  // negligible.
  const V k = min(reduced.k, V(std::numeric_limits<T>::max_exponent - 1));
  const V power = power_of_two(k);
  const V small = fma(power, reduced.expm1_r, power - V(1));
  return select(reduced.k < V(std::numeric_limits<T>::max_exponent - 1), small,
                detail::scale_by_power_of_two(V(1) + reduced.expm1_r, reduced.k));
}

/// The angle of the point (x, y), in [-pi, pi]; 0 at the origin. Finite arguments.
template <Vector V>
V atan2(V y, V x) {
  using T = scalar_t<V>;
  // pi / 2 as a sum. The second part is the rounding error of the first.
  constexpr T half_pi = std::numbers::pi_v<T> / 2;
  constexpr T half_pi_rest = std::same_as<T, float> ? T(-4.37113883e-8) : T(6.123233995736766e-17);
  const V steep = abs(y), flat = abs(x);
  // With this order of arguments, NaN in either argument stays NaN.
  const V larger = max(flat, steep), smaller = min(steep, flat);
  const V t = select(larger == V(0), V(0), smaller / larger), z = t * t;
  const V first_octant = fma(t * z, polynomials::evaluate(polynomials::atan<T>, z), t);
  const V quadrant =
      select(steep > flat, V(half_pi) - (first_octant - V(half_pi_rest)), first_octant);
  const V half_plane =
      select(x < V(0), V(2 * half_pi) - (quadrant - V(2 * half_pi_rest)), quadrant);
  return copysign(half_plane, y);
}
template <Vector V>
V atan(V x) {
  return atan2(x, V(1));
}

namespace detail {

/// asin(t) for t in [0, 1/2], given z = t^2.
template <Vector V>
V small_asin(V t, V z) {
  return fma(t * z, polynomials::evaluate(polynomials::asin<scalar_t<V>>, z), t);
}

}  // namespace detail

/// In [-pi/2, pi/2]; NaN outside [-1, 1].
template <Vector V>
V asin(V x) {
  using T = scalar_t<V>;
  const V size = abs(x);
  // asin(x) = pi/2 - 2 asin(sqrt((1 - x) / 2)) keeps the argument of the polynomial below 1/4.
  const auto near_one = size > V(0.5);
  const V z = select(near_one, V(0.5) * (V(1) - size), size * size);
  const V t = select(near_one, sqrt(z), size);
  const V angle = detail::small_asin(t, z);
  return copysign(select(near_one, V(std::numbers::pi_v<T> / 2) - V(2) * angle, angle), x);
}

/// In [0, pi]; NaN outside [-1, 1].
template <Vector V>
V acos(V x) {
  using T = scalar_t<V>;
  constexpr T pi = std::numbers::pi_v<T>;
  const V size = abs(x);
  const auto near_one = size > V(0.5);
  const V z = select(near_one, V(0.5) * (V(1) - size), size * size);
  const V t = select(near_one, sqrt(z), size);
  const V angle = detail::small_asin(t, z);
  const V far = V(2) * angle;
  return select(near_one, select(x < V(0), V(pi) - far, far), V(pi / 2) - copysign(angle, x));
}

/// a b - c d without cancellation: adds the rounding errors of both products (Kahan). Exactly 0 if
/// the products are equal.
template <Vector V>
V difference_of_products(V a, V b, V c, V d) {
  const V first = a * b, second = c * d;
  return (first - second) + (rounding_error(a, b, first) - rounding_error(c, d, second));
}

/// sqrt(a b) of variances a, b >= 0. geometric_mean(a, a) is exactly a, and no product overflows.
template <Vector V>
V geometric_mean(V a, V b) {
  // The power of four next to a goes under the root as itself; the further 1/4 keeps the product
  // below the largest number.
  const V shrink = inverse_binade(a) * V(0.5);
  return sqrt((a * shrink * shrink) * b) * (binade(a) * V(2));
}

// Functions without a vector form call the standard library for each lane.
template <Vector V>
V sin(V x) {
  return each_lane(x, [](auto t) { return std::sin(t); });
}
template <Vector V>
V cos(V x) {
  return each_lane(x, [](auto t) { return std::cos(t); });
}
template <Vector V>
V tan(V x) {
  return each_lane(x, [](auto t) { return std::tan(t); });
}
template <Vector V>
V sinh(V x) {
  return each_lane(x, [](auto t) { return std::sinh(t); });
}
template <Vector V>
V cosh(V x) {
  return each_lane(x, [](auto t) { return std::cosh(t); });
}
template <Vector V>
V tanh(V x) {
  return each_lane(x, [](auto t) { return std::tanh(t); });
}
template <Vector V>
V log(V x) {
  return each_lane(x, [](auto t) { return std::log(t); });
}
template <Vector V>
V log1p(V x) {
  return each_lane(x, [](auto t) { return std::log1p(t); });
}
template <Vector V>
V erf(V x) {
  return each_lane(x, [](auto t) { return std::erf(t); });
}
template <Vector V>
V erfc(V x) {
  return each_lane(x, [](auto t) { return std::erfc(t); });
}
template <Vector V>
V pow(V x, V y) {
  return each_lane(x, y, [](auto t, auto p) { return std::pow(t, p); });
}
template <Vector V>
V pow(V x, double y) {
  return pow(x, V(y));
}

}  // namespace widelimit::sdk
