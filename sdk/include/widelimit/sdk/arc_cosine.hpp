// The first two arc-cosine kernels of Cho and Saul, on which relu and its relatives and sign rest,
// in a form where nothing cancels near correlation 1, where deep networks live.
//
// Threading: pure functions.
#pragma once

#include <widelimit/sdk/math.hpp>

#include <limits>
#include <numbers>
#include <type_traits>

namespace widelimit::sdk {

/// What one variance v contributes to the arc-cosine kernels: sqrt(v) as a sum of two numbers,
/// which has twice the digits, and 1 / sqrt(v). All 0 where v is 0.
template <Vector V>
struct ArcCosineSide {
  V root, root_rest, inverse;

  ArcCosineSide() = default;
  explicit ArcCosineSide(V variance)
      : root(sqrt(variance)), inverse(select(variance == V(0), V(0), V(1) / root)) {
    const V square = root * root;
    root_rest = V(0.5) * inverse * ((variance - square) - rounding_error(root, root, square));
  }
};

/// For (u, v) ~ N(0, [[p, k], [k, q]]): step = E[1(u > 0) 1(v > 0)] and ramp = E[max(u, 0) max(v,
/// 0)].
template <class V>
struct ArcCosine {
  V step, ramp;
};

namespace detail {

/// For cos t = x = 1 - e in [0, 1] and a = `rest` / e: t / (2 pi) and a (sin t - t x) / (2 pi).
template <class V>
struct Angle {
  V turns, area;
};

/// By two functions of x that are analytic on [0, 1], t / (2 pi e^(1/2)) and
/// (sin t - t x) / (2 pi e^(3/2)): one square root and two short polynomials.
template <class V>
Angle<V> angle_by_polynomials(V e, V x, V rest) {
  const V root = sqrt(e), square = x * x;
  return {root * polynomials::evaluate_in_halves(polynomials::arc_cosine_angle, x, square),
          rest * root * polynomials::evaluate_in_halves(polynomials::arc_cosine_area, x, square)};
}

/// In double precision those polynomials would be long: two square roots and one arc sine, of
/// sqrt(e / 2) near 1 and of x elsewhere, take less time. `scale` is a.
template <class V>
Angle<V> angle_by_arc_sine(V e, V x, V scale) {
  constexpr double turn = 1 / (2 * std::numbers::pi);
  const auto near_one = e < V(0.5);
  const V z = select(near_one, V(0.5) * e, x * x), t = select(near_one, sqrt(z), x);
  const V series = polynomials::evaluate_in_halves(polynomials::asin<double>, z, z * z);
  const V arc_sine = fma(t * z, series, t);
  const V angle = select(near_one, arc_sine + arc_sine, V(std::numbers::pi / 2) - arc_sine);
  return {V(turn) * angle, V(turn) * scale * fma(-angle, x, sqrt(e * (V(1) + x)))};
}

}  // namespace detail

/// With c = k / sqrt(p q), e = 1 - |c|, t = arccos |c|:
///   step = t / (2 pi) where c < 0, else 1/2 - t / (2 pi),
///   ramp = max(k, 0) / 2 + sqrt(p q) (sin t - t |c|) / (2 pi).
/// (Cho and Saul 2009, kernels of degree 0 and 1, rearranged.) sqrt(p q) - |k| is computed with
/// twice the digits of a number, so no cancellation shows; an e below the change that rounding k
/// makes is 0. So a sample against itself has step 1/2 and ramp p / 2 to the bit. Zero variance:
/// 1/4 and 0.
template <Vector V>
ArcCosine<V> arc_cosine(V k, const ArcCosineSide<V>& p, const ArcCosineSide<V>& q) {
  using T = scalar_t<V>;
  const V scale = p.root * q.root;
  const V scale_rest =
      fma(p.root, q.root_rest, fma(p.root_rest, q.root, rounding_error(p.root, q.root, scale)));
  const V rest = (scale - abs(k)) + scale_rest;
  const V share = select(scale == V(0), V(1), rest * p.inverse * q.inverse);
  const V e = select(share <= V(std::numeric_limits<T>::epsilon() / 2), V(0), share);
  const V x = V(1) - e;
  const detail::Angle<V> angle = [&] {
    if constexpr (std::is_same_v<T, float>)
      return detail::angle_by_polynomials(e, x, rest);
    else
      return detail::angle_by_arc_sine(e, x, scale);
  }();
  return {select(k < V(0), angle.turns, V(0.5) - angle.turns),
          fma(V(0.5), max(V(0), k), angle.area)};
}

/// The same of variances.
template <Vector V>
ArcCosine<V> arc_cosine(V k, V p, V q) {
  return arc_cosine(k, ArcCosineSide<V>(p), ArcCosineSide<V>(q));
}

}  // namespace widelimit::sdk
