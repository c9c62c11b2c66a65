// `Vec<T>` is the type of k, p and q in an author's `moments`: one number, or a register of 4, 8 or
// 16 numbers. Arithmetic, comparisons, `select`, min, max, abs, sqrt and fma work as for numbers
// and accept numbers as operands. Other functions are in math.hpp.
//
// Thread safety: values; nothing is shared.
#pragma once

#include <concepts>

// widelimit_add_plugin() defines this for the AVX2 and AVX-512 copies.
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
