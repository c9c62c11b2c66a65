// Core's own loops over sites and lanes, compiled for several instruction sets and chosen at run
// time. abi.h specifies the order of sums and roundings, so all copies give the same bits.
#pragma once

#include <cstdint>

namespace widelimit::detail {

/// Lanes of a bundle: one register of float32 with AVX-512.
inline constexpr std::int64_t bundle_lanes = 16;

/// A linear map along one row of sites. With S the sum over the taps of a site,
///   nngp = scale S[nngp] + bias,   ntk = ntk_nngp S[nngp] + scale S[ntk] + ntk_bias.
template <class T>
struct RowMap {
  const T *nngp, *ntk;  ///< [column][lane]; NULL: zeros
  std::int64_t columns;
  std::int64_t first, stride;  ///< column of the first tap of site 0; step from site to site
  std::int64_t taps, dilation;
  const T* weight;  ///< [taps]; NULL: 1
  T scale, bias, ntk_nngp, ntk_bias;
  T *out_nngp, *out_ntk;  ///< [site][lane]; out_ntk may be NULL
  std::int64_t sites;
};

/// Three input rows, for windows of at most three rows of three taps, without weights.
template <class T>
struct ThreeRows {
  const T *nngp[3], *ntk[3];  ///< each [column][lane]
};

template <class T>
struct FieldLoops {
  /// out [n][lane] = sum over rows, in order, of weight times row; weight NULL: 1.
  void (*sum_rows)(const T* const* rows, const T* weight, std::int64_t count, std::int64_t n,
                   T* out);
  void (*map_row)(const RowMap<T>& row);
  /// The same result as sum_rows followed by map_row, without storing the sums of rows. Does not
  /// read nngp, ntk, taps, dilation and weight of `row`.
  void (*map_three_rows)(const RowMap<T>& row, const ThreeRows<T>& rows);
  /// out [site][lane] = share times the sum over channels of x y for contiguous sites, with
  /// y [site][channel][lane], x [site][channel][first_lanes], first_lanes 1 or bundle_lanes.
  void (*covariances)(const T* x, std::int64_t first_lanes, const T* y, std::int64_t sites,
                      std::int64_t channels, T share, T* out);
};

/// The loops for this processor.
template <class T>
[[nodiscard]] const FieldLoops<T>& field_loops() noexcept;

}  // namespace widelimit::detail
