// The first two arc-cosine kernels of Cho and Saul, on which relu and its relatives and sign rest,
// in a form where nothing cancels near correlation 1, where deep networks live.
//
// Threading: pure functions.
#pragma once

#include <widelimit/sdk/math.hpp>

namespace widelimit::sdk {

/// For (u, v) ~ N(0, [[p, k], [k, q]]): step = E[1(u > 0) 1(v > 0)] and ramp = E[max(u, 0) max(v,
/// 0)].
template <class V>
struct ArcCosine {
  V step, ramp;
};

/// With c = k / sqrt(p q), e = 1 - |c|, t = arccos |c| and the functions, analytic on [0, 1],
///   A(x) = arccos(x) / (2 pi sqrt(1 - x)),   G(x) = (sin t - t cos t) / (pi (1 - x)^(3/2)):
///   step = sqrt(e) A(|c|) where c < 0, else 1/2 - sqrt(e) A(|c|),
///   ramp = (max(k, 0) + sqrt(p q) e sqrt(e) G(|c|)) / 2.
/// (Cho and Saul 2009, kernels of degree 0 and 1, rearranged.) A sample against itself has e = 0 to
/// the bit, because geometric_mean(p, p) is p: step is 1/2 and ramp p / 2 exactly. Zero variance:
/// 1/4 and 0.
template <Vector V>
ArcCosine<V> arc_cosine(V k, V p, V q) {
  using T = scalar_t<V>;
  const V scale = geometric_mean(p, q);
  const V rest = max(V(0), scale - abs(k));  // sqrt(p q) e; rounding may have left |k| above
  const V e = select(scale == V(0), V(1), rest / scale);
  const V x = V(1) - e, root = sqrt(e);
  const V angle =
      root * fma(x, polynomials::evaluate(polynomials::arc_cosine_angle<T>, x), V(0.25));
  const V area = rest * root * polynomials::evaluate(polynomials::arc_cosine_area<T>, x);
  return {select(k < V(0), angle, V(0.5) - angle), V(0.5) * (max(V(0), k) + area)};
}

}  // namespace widelimit::sdk
