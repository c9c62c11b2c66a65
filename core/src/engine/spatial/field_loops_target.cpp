// The loops, compiled once for every instruction set (CMakeLists.txt). This file has no inline
// function with external linkage: the linker keeps one copy of each, possibly of the wrong set.
#include "engine/spatial/field_loops_target.hpp"

namespace widelimit::detail {

namespace {

// All lanes of a site, in as many registers as the instruction set needs. Never passed by value:
// the calling convention depends on the instruction set.
template <class T>
struct Lanes;
template <>
struct Lanes<float> {
  using type [[gnu::vector_size(bundle_lanes * 4), gnu::aligned(64), gnu::may_alias]] = float;
};
template <>
struct Lanes<double> {
  using type [[gnu::vector_size(bundle_lanes * 8), gnu::aligned(64), gnu::may_alias]] = double;
};
template <class T>
using lanes_t = typename Lanes<T>::type;

template <class T>
void sum_rows(const T* const* rows, const T* weight, std::int64_t count, std::int64_t n, T* out) {
  using V = lanes_t<T>;
  V* const to = reinterpret_cast<V*>(out);
  const auto row = [&](std::int64_t r) { return reinterpret_cast<const V*>(rows[r]); };
  if (weight != nullptr) {
    for (std::int64_t i = 0; i < n; ++i) {
      V sum = {};
      for (std::int64_t r = 0; r < count; ++r) sum += row(r)[i] * weight[r];
      to[i] = sum;
    }
    return;
  }
  // Most networks have windows of three rows, or of two at the edge of an image.
  if (count == 3) {
    const V *const a = row(0), *const b = row(1), *const c = row(2);
    for (std::int64_t i = 0; i < n; ++i) to[i] = (a[i] + b[i]) + c[i];
    return;
  }
  const V *const a = row(0), *const b = row(1);
  for (std::int64_t i = 0; i < n; ++i) to[i] = a[i] + b[i];
  for (std::int64_t r = 2; r < count; ++r) {
    const V* const more = row(r);
    for (std::int64_t i = 0; i < n; ++i) to[i] += more[i];
  }
}

template <class T, bool weighted, bool with_ntk>
void map_taps(const RowMap<T>& m) {
  using V = lanes_t<T>;
  const V* const nngp = reinterpret_cast<const V*>(m.nngp);
  const V* const ntk = reinterpret_cast<const V*>(m.ntk);
  V* const out_nngp = reinterpret_cast<V*>(m.out_nngp);
  V* const out_ntk = reinterpret_cast<V*>(m.out_ntk);
  const T scale = m.scale, bias = m.bias, ntk_nngp = m.ntk_nngp, ntk_bias = m.ntk_bias;
  for (std::int64_t x = 0; x < m.sites; ++x) {
    const std::int64_t first = m.first + x * m.stride;
    V k = {}, t = {};
    for (std::int64_t tap = 0, c = first; tap < m.taps; ++tap, c += m.dilation) {
      if (c < 0 || c >= m.columns) continue;
      if constexpr (weighted) {
        k += nngp[c] * m.weight[tap];
        if constexpr (with_ntk) t += ntk[c] * m.weight[tap];
      } else {
        k += nngp[c];
        if constexpr (with_ntk) t += ntk[c];
      }
    }
    if constexpr (with_ntk) out_ntk[x] = ntk_nngp * k + scale * t + ntk_bias;
    out_nngp[x] = scale * k + bias;
  }
}

template <class T>
void map_row(const RowMap<T>& m) {
  if (m.nngp == nullptr) {  // the whole row is padding
    RowMap<T> none = m;
    none.columns = 0;
    none.nngp = none.ntk = none.out_nngp;
    return map_row(none);
  }
  const bool ntk = m.out_ntk != nullptr;
  if (m.weight != nullptr)
    ntk ? map_taps<T, true, true>(m) : map_taps<T, true, false>(m);
  else
    ntk ? map_taps<T, false, true>(m) : map_taps<T, false, false>(m);
}

template <class T, bool with_ntk>
void three_rows(const RowMap<T>& m, const ThreeRows<T>& rows) {
  using V = lanes_t<T>;
  const auto of = [](const T* p) { return reinterpret_cast<const V*>(p); };
  const V *const a = of(rows.nngp[0]), *const b = of(rows.nngp[1]), *const c = of(rows.nngp[2]);
  const V *const p = of(rows.ntk[0]), *const q = of(rows.ntk[1]), *const r = of(rows.ntk[2]);
  V* const out_nngp = reinterpret_cast<V*>(m.out_nngp);
  V* const out_ntk = reinterpret_cast<V*>(m.out_ntk);
  const T scale = m.scale, bias = m.bias, ntk_nngp = m.ntk_nngp, ntk_bias = m.ntk_bias;
  const auto nngp_column = [&](std::int64_t i, V& sum) { sum = (a[i] + b[i]) + c[i]; };
  const auto ntk_column = [&](std::int64_t i, V& sum) { sum = (p[i] + q[i]) + r[i]; };
  const auto write = [&](std::int64_t x, const V& k, const V& t) {
    if constexpr (with_ntk) out_ntk[x] = ntk_nngp * k + scale * t + ntk_bias;
    out_nngp[x] = scale * k + bias;
  };
  const auto map_site = [&](std::int64_t x) {
    V k = {}, t = {};
    for (std::int64_t tap = 0, i = m.first + x * m.stride; tap < 3; ++tap, ++i) {
      if (i < 0 || i >= m.columns) continue;
      V sum;
      nngp_column(i, sum);
      k += sum;
      if constexpr (with_ntk) {
        ntk_column(i, sum);
        t += sum;
      }
    }
    write(x, k, t);
  };
  std::int64_t x = 0;
  for (; x < m.sites && m.first + x * m.stride < 0; ++x) map_site(x);
  if (m.stride == 1 && x < m.sites && m.first + x + 3 <= m.columns) {
    // Adjacent windows share two columns.
    V left, middle, right, left_ntk = {}, middle_ntk = {}, right_ntk = {};
    nngp_column(m.first + x, left);
    nngp_column(m.first + x + 1, middle);
    if constexpr (with_ntk) {
      ntk_column(m.first + x, left_ntk);
      ntk_column(m.first + x + 1, middle_ntk);
    }
    for (; x < m.sites && m.first + x + 3 <= m.columns; ++x) {
      nngp_column(m.first + x + 2, right);
      if constexpr (with_ntk) ntk_column(m.first + x + 2, right_ntk);
      const V k = (left + middle) + right, t = (left_ntk + middle_ntk) + right_ntk;
      write(x, k, t);
      left = middle;
      middle = right;
      left_ntk = middle_ntk;
      middle_ntk = right_ntk;
    }
  }
  for (; x < m.sites; ++x) map_site(x);
}

template <class T>
void map_three_rows(const RowMap<T>& m, const ThreeRows<T>& rows) {
  m.out_ntk != nullptr ? three_rows<T, true>(m, rows) : three_rows<T, false>(m, rows);
}

// `fixed_channels`: the number of channels as a compile-time constant; 0: any number.
template <class T, int fixed_channels, bool broadcast>
void covariances_of(const T* x, const T* y, std::int64_t sites, std::int64_t channels, T share,
                    T* out) {
  using V = lanes_t<T>;
  V* const to = reinterpret_cast<V*>(out);
  const std::int64_t n = fixed_channels > 0 ? fixed_channels : channels;
  for (std::int64_t s = 0; s < sites; ++s) {
    const V* const y_site = reinterpret_cast<const V*>(y) + s * n;
    V sum = {};
    for (std::int64_t c = 0; c < n; ++c) {
      if constexpr (broadcast)
        sum += y_site[c] * x[s * n + c];
      else
        sum += y_site[c] * (reinterpret_cast<const V*>(x) + s * n)[c];
    }
    to[s] = share * sum;
  }
}

template <class T>
void covariances(const T* x, std::int64_t first_lanes, const T* y, std::int64_t sites,
                 std::int64_t channels, T share, T* out) {
  // Most images have three channels or one.
  if (first_lanes != 1)
    covariances_of<T, 0, false>(x, y, sites, channels, share, out);
  else if (channels == 3)
    covariances_of<T, 3, true>(x, y, sites, channels, share, out);
  else if (channels == 1)
    covariances_of<T, 1, true>(x, y, sites, channels, share, out);
  else
    covariances_of<T, 0, true>(x, y, sites, channels, share, out);
}

}  // namespace

const FieldLoops<float> WIDELIMIT_LOOPS(f32) = {sum_rows<float>, map_row<float>,
                                                map_three_rows<float>, covariances<float>};
const FieldLoops<double> WIDELIMIT_LOOPS(f64) = {sum_rows<double>, map_row<double>,
                                                 map_three_rows<double>, covariances<double>};

}  // namespace widelimit::detail
