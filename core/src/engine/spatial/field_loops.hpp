// The loops over sites and lanes that core runs itself, compiled for several processors and chosen
// at run time. Their order of sums and roundings is part of the boundary (abi.h), so all of them
// give the same bits.
#pragma once

#include <cstdint>

namespace widelimit::detail {

/// Lanes of the bundles of networks with sites: one register of float32 on the widest target.
inline constexpr std::int64_t bundle_lanes = 16;

/// Sums along a row, mapped: with S the sum over the taps of site x,
///   nngp = scale S[nngp] + bias,   ntk = ntk_nngp S[nngp] + scale S[ntk] + ntk_bias.
template <class T>
struct RowMap {
  const T *nngp, *ntk;  ///< [column][lane]; NULL: zeros
  std::int64_t columns;
  std::int64_t first, stride;  ///< column under the first tap of site 0, and from site to site
  std::int64_t taps, dilation;
  const T* weight;  ///< [taps]; NULL: 1
  T scale, bias, ntk_nngp, ntk_bias;
  T *out_nngp, *out_ntk;  ///< [site][lane]; out_ntk NULL: not wanted
  std::int64_t sites;
};

/// Three rows summed on the way: windows of three taps without weights, side by side.
template <class T>
struct ThreeRows {
  const T *nngp[3], *ntk[3];  ///< each [column][lane]
};

template <class T>
struct FieldLoops {
  /// out [n][lane] = sum over rows, from the first on, of weight (NULL: 1) times the row.
  void (*sum_rows)(const T* const* rows, const T* weight, std::int64_t count, std::int64_t n,
                   T* out);
  void (*map_row)(const RowMap<T>& row);
  /// The same bits as sum_rows and map_row, without storing the sums of rows between; of `row`
  /// nngp, ntk, taps, dilation and weight are not read.
  void (*map_three_rows)(const RowMap<T>& row, const ThreeRows<T>& rows);
  /// out [site][lane] = share sum over channels of x y, of sites side by side; y [site][channel]
  /// [lane], x [site][channel][first_lanes], first_lanes 1 or bundle_lanes.
  void (*covariances)(const T* x, std::int64_t first_lanes, const T* y, std::int64_t sites,
                      std::int64_t channels, T share, T* out);
};

/// Those for this processor.
template <class T>
[[nodiscard]] const FieldLoops<T>& field_loops() noexcept;

}  // namespace widelimit::detail
