// Linear maps of window 1 on blocks. Contraction to fused multiply-adds is off for this room
// (CMakeLists.txt), because abi.h specifies the two roundings.
#include "engine/plan/linear_map.hpp"

namespace widelimit::detail {

namespace {

template <class T>
void affine(T s, T b, const T* k, T* out, std::int64_t n) noexcept {
  for (std::int64_t i = 0; i < n; ++i) out[i] = s * k[i] + b;
}

template <class T>
void affine2(T u, T s, T v, const T* k, const T* t, T* out, std::int64_t n) noexcept {
  for (std::int64_t i = 0; i < n; ++i) out[i] = u * k[i] + s * t[i] + v;
}

}  // namespace

widelimit_linear to_abi(const PointMap& map) noexcept {
  widelimit_linear l{};
  l.struct_size = sizeof l;
  l.rank = 1;
  for (int a = 0; a < 4; ++a) l.window[a] = l.stride[a] = l.dilation[a] = 1;
  l.scale = map.scale;
  l.bias = map.bias;
  l.ntk_nngp = map.ntk_nngp;
  l.ntk_bias = map.ntk_bias;
  return l;
}

template <class T>
void apply_nngp(const PointMap& map, const T* nngp, T* out, std::int64_t n) noexcept {
  affine(static_cast<T>(map.scale), static_cast<T>(map.bias), nngp, out, n);
}

template <class T>
void apply_ntk(const PointMap& map, const T* nngp, const T* ntk, T* out, std::int64_t n) noexcept {
  affine2(static_cast<T>(map.ntk_nngp), static_cast<T>(map.scale), static_cast<T>(map.ntk_bias),
          nngp, ntk, out, n);
}

template void apply_nngp(const PointMap&, const float*, float*, std::int64_t) noexcept;
template void apply_nngp(const PointMap&, const double*, double*, std::int64_t) noexcept;
template void apply_ntk(const PointMap&, const float*, const float*, float*, std::int64_t) noexcept;
template void apply_ntk(const PointMap&, const double*, const double*, double*,
                        std::int64_t) noexcept;

}  // namespace widelimit::detail
