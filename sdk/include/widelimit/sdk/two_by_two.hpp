// A covariance [[p, k], [k, q]] scaled by powers of two so that no product of its entries
// overflows, for kernels with terms such as (1 + p)(1 + q) - k^2.
//
// Thread safety: values; nothing is shared.
#pragma once

#include <widelimit/sdk/math.hpp>

#include <limits>

namespace widelimit::sdk {

/// Let 4^i and 4^j be the largest powers of 4 that do not exceed max(p, 1) and max(q, 1), and let
/// unit = 2^-(i + j). The members are scaled exactly:
///   p 4^-i, q 4^-j, k unit;  one: 1 unit^2;  p_term, q_term: p unit^2, q unit^2;
///   determinant: (p q - k^2) unit^2, free of cancellation and never negative.
/// Variances below 4 are not scaled. With a `factor` > 0, all of this holds for the covariance
/// times that factor, which need not be representable.
template <Vector V>
struct ScaledCovariance {
  V k, p, q, one, p_term, q_term, determinant, unit, inverse_unit;

  ScaledCovariance(V covariance, V first, V second)
      : ScaledCovariance(covariance, first, second, V(1)) {}
  ScaledCovariance(V covariance, V first, V second, V factor) {
    // With this order of arguments, NaN stays NaN.
    constexpr auto largest = std::numeric_limits<scalar_t<V>>::max();
    const V first_size = max(V(1), min(V(largest), factor * first)),
            second_size = max(V(1), min(V(largest), factor * second));
    const V first_unit = inverse_binade(first_size), second_unit = inverse_binade(second_size);
    unit = first_unit * second_unit;
    inverse_unit = binade(first_size) * binade(second_size);
    one = unit * unit;
    k = covariance * first_unit * second_unit * factor;
    p = first * first_unit * first_unit * factor;
    q = second * second_unit * second_unit * factor;
    p_term = p * second_unit * second_unit;
    q_term = q * first_unit * first_unit;
    determinant = max(V(0), difference_of_products(p, q, k, k));
  }
};

}  // namespace widelimit::sdk
