// Linear layers as data: composing them and applying one to a block of covariances.
#pragma once

#include <widelimit/abi.h>

#include <cstdint>

namespace widelimit::detail {

/// A map of window 1: K' = scale K + bias, Theta' = ntk_nngp K + scale Theta + ntk_bias.
struct PointMap {
  double scale = 1, bias = 0, ntk_nngp = 0, ntk_bias = 0;

  [[nodiscard]] bool is_identity() const noexcept {
    return scale == 1 && bias == 0 && ntk_nngp == 0 && ntk_bias == 0;
  }
};

/// Composes `second` after `first`: Theta2 = u2 K1 + s2 Theta1 + v2 with K1 = s1 K + b1 and
/// Theta1 = u1 K + s1 Theta + v1. Exact for maps of window 1.
[[nodiscard]] constexpr PointMap compose(const PointMap& first, const PointMap& second) noexcept {
  return {
      .scale = first.scale * second.scale,
      .bias = second.scale * first.bias + second.bias,
      .ntk_nngp = second.ntk_nngp * first.scale + second.scale * first.ntk_nngp,
      .ntk_bias = second.ntk_nngp * first.bias + second.scale * first.ntk_bias + second.ntk_bias};
}

/// Converts a map to the struct of the C boundary.
[[nodiscard]] widelimit_linear to_abi(const PointMap& map) noexcept;

/// Computes K' = scale K + bias for n covariances; `out` may be `nngp`. It rounds twice, as abi.h
/// specifies, so that variances and covariances agree to the bit.
template <class T>
void apply_nngp(const PointMap& map, const T* nngp, T* out, std::int64_t n) noexcept;
/// Computes Theta' from the covariances before the map.
template <class T>
void apply_ntk(const PointMap& map, const T* nngp, const T* ntk, T* out, std::int64_t n) noexcept;

}  // namespace widelimit::detail
