// The first two arc-cosine kernels of Cho and Saul, for relu, its relatives and sign, in a form
// without cancellation near correlation 1, where the correlations of deep networks are.
//
// Thread safety: pure functions.
#pragma once

#include <widelimit/sdk/math.hpp>

#include <cstdint>
#include <limits>
#include <numbers>
#include <type_traits>

namespace widelimit::sdk {

/// What one variance v contributes to the arc-cosine kernels: sqrt(v) as root (1 + excess), which
/// has twice the digits of a number, and 1 / sqrt(v). For v = 0 these are 0, 2 and 0, so that e
/// below is 1 for any other variance.
template <Vector V>
struct ArcCosineTerms {
  V root, excess, inverse;

  ArcCosineTerms() = default;
  explicit ArcCosineTerms(V variance)
      : root(sqrt(variance)), inverse(select(variance == V(0), V(0), V(1) / root)) {
    // The same expression as for a covariance k = variance below, so that both are rounded alike
    // where digits are few: close to the smallest normal number and below it.
    const V rest = rounding_error(root, root, variance);
    excess = select(variance == V(0), V(2), V(-0.5) * inverse * rest * inverse);
  }

  /// Storage in memory, with a distance of `stride` between numbers. `from` reads one of them: a
  /// vector, or one number for all lanes.
  static constexpr std::uint32_t numbers = 3;
  template <class From>
  ArcCosineTerms(const scalar_t<V>* at, std::int64_t stride, From from)
      : root(from(at)), excess(from(at + stride)), inverse(from(at + 2 * stride)) {}
  void store(scalar_t<V>* at, std::int64_t stride) const {
    root.store(at);
    excess.store(at + stride);
    inverse.store(at + 2 * stride);
  }
};

/// For (u, v) ~ N(0, [[p, k], [k, q]]): step = E[1(u > 0) 1(v > 0)] and ramp = E[max(u, 0) max(v,
/// 0)].
template <class V>
struct ArcCosine {
  V step, ramp;
};
/// step, and area = ramp - max(k, 0) / 2, which is not negative.
template <class V>
struct ArcCosineParts {
  V step, area;
};

namespace detail {

/// In single precision: uses two functions of x = |c| that are analytic on [0, 1], with t = arccos
/// x: t / (2 pi e^(1/2)) and (sin t - t x) / (2 pi e^(3/2)). This takes one square root and two
/// short polynomials. `root` is sqrt(e); `rest` is sqrt(p q) e, as accurate as the rounding of k
/// allows.
template <class V>
ArcCosineParts<V> by_polynomials(V k, V e, V root, V rest) {
  const V x = V(1) - e, square = x * x;
  const V turns = root * polynomials::evaluate_in_halves(polynomials::arc_cosine_angle, x, square);
  const V flat = rest * polynomials::evaluate_in_halves(polynomials::arc_cosine_area, x, square);
  return {V(0.25) + copysign(V(0.25) - turns, k), root * flat};
}

/// In double precision these polynomials would be long. Two square roots and one arc sine, of
/// sqrt(e / 2) near 1 and of x elsewhere, are faster. `scale` is sqrt(p q).
template <class V>
ArcCosineParts<V> by_arc_sine(V k, V e, V x, V scale) {
  constexpr double turn = 1 / (2 * std::numbers::pi);
  const auto near_one = e < V(0.5);
  const V z = select(near_one, V(0.5) * e, x * x), t = select(near_one, sqrt(z), x);
  const V series = polynomials::evaluate_in_halves(polynomials::asin<double>, z, z * z);
  const V arc_sine = fma(t * z, series, t);
  const V angle = select(near_one, arc_sine + arc_sine, V(std::numbers::pi / 2) - arc_sine);
  const V turns = V(turn) * angle;
  const V area = V(turn) * scale * fma(-angle, x, sqrt(e * (V(1) + x)));
  return {select(k < V(0), turns, V(0.5) - turns), area};
}

}  // namespace detail

/// With c = k / sqrt(p q), e = 1 - |c|, t = arccos |c|:
///   step = t / (2 pi) if c < 0, else 1/2 - t / (2 pi),
///   ramp = max(k, 0) / 2 + sqrt(p q) (sin t - t |c|) / (2 pi).
/// (Cho and Saul 2009, kernels of degree 0 and 1, rearranged.) e is computed with twice the digits
/// of a number, so that step, which is steep near e = 0, has no visible cancellation. ramp is not
/// steep: in single precision, its factor sqrt(p q) e has the accuracy of sqrt(p q) - |k|, because
/// k is rounded. An e smaller than the effect of rounding k becomes 0. Therefore a sample paired
/// with itself has exactly step 1/2 and ramp p / 2. For zero variance the results are 1/4 and 0.
/// The computation has two steps, for `prepare` and `complete` of a layer (elementwise.hpp).
template <Vector V>
class ArcCosineSteps {
  using T = scalar_t<V>;
  static constexpr bool single = std::is_same_v<T, float>;

 public:
  ArcCosineSteps() = default;
  ArcCosineSteps(V k, const ArcCosineTerms<V>& p, const ArcCosineTerms<V>& q) : k_(k) {
    const V rest = rounding_error(p.root, q.root, abs(k));
    // rest / sqrt(p) is at most sqrt(q). 1 / sqrt(p q) would overflow where p q is tiny.
    const V e = fma(rest * p.inverse, q.inverse, p.excess + q.excess);
    // With this order of arguments, NaN stays NaN.
    e_ = min(V(1), select(e <= V(std::numeric_limits<T>::epsilon() / 2), V(0), e));
    root_ = single ? sqrt(e_) : V(0);
    scale_ = single ? max(V(0), rest) : p.root * q.root;
  }
  [[nodiscard]] ArcCosineParts<V> parts() const {
    if constexpr (single)
      return detail::by_polynomials(k_, e_, root_, scale_);
    else
      return detail::by_arc_sine(k_, e_, V(1) - e_, scale_);
  }
  [[nodiscard]] ArcCosine<V> complete() const {
    const auto [step, area] = parts();
    return {step, fma(V(0.5), max(V(0), k_), area)};
  }

 private:
  V k_, e_, root_, scale_;
};

template <Vector V>
ArcCosine<V> arc_cosine(V k, const ArcCosineTerms<V>& p, const ArcCosineTerms<V>& q) {
  return ArcCosineSteps<V>(k, p, q).complete();
}

/// The same from the variances.
template <Vector V>
ArcCosine<V> arc_cosine(V k, V p, V q) {
  return arc_cosine(k, ArcCosineTerms<V>(p), ArcCosineTerms<V>(q));
}

}  // namespace widelimit::sdk
