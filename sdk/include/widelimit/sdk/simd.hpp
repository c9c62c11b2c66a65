// `Vec<T>`: the type of k, p and q in an author's `moments`, so that one formula serves single
// numbers and registers of 4, 8 or 16 of them. Arithmetic, comparisons, `select`, min, max, abs,
// sqrt, fma work as on numbers and mix with them; functions are in math.hpp.
//
// Thread safety: values; nothing is shared.
#pragma once

#include <concepts>

// Set by widelimit_add_plugin() for the copies it compiles for better targets.
#if defined(WIDELIMIT_SDK_HIGHWAY)
#include <widelimit/sdk/simd_highway.hpp>
#else
#include <widelimit/sdk/simd_portable.hpp>
#endif

namespace widelimit::sdk {

/// float or double: the precision of a vector, or of a plain number.
template <class V>
struct ScalarOf {
  using type = typename V::scalar;
};
template <std::floating_point V>
struct ScalarOf<V> {
  using type = V;
};
template <class V>
using scalar_t = typename ScalarOf<V>::type;

template <class V>
concept Vector = requires {
  typename V::scalar;
}
&&std::same_as<V, Vec<typename V::scalar>>;

}  // namespace widelimit::sdk
