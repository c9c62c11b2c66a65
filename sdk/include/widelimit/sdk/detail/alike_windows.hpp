// Sums of a field over equal windows of one or two sites per axis, as in poolings of 2 x 2: for one
// input displacement, every window of the output contains the same number of sites, at the same
// distance and with the same weight. Such sums need no lists of sites.
//
// Thread safety: pure functions.
#pragma once

#include <widelimit/sdk/gathering.hpp>

#include <cstdint>

namespace widelimit::sdk::detail {

/// Along one axis: window w = 0 .. count - 1 contains the input sites from + w step + 0 .. taps -
/// 1, each with `weight`, and adds to the output site to + w.
struct AlikeWindows {
  static constexpr std::int64_t most_taps = 2;
  std::int64_t count = 0, taps = 0, to = 0, from = 0, step = 0;
  double weight = 1;
};

/// For one array of a field: adds windows of `rows` x `columns` sites of `from` [row][sites][lanes]
/// to `to` [row][out_sites][lanes]. Both pointers are those of the first window.
template <int rows, int columns, class V, class U>
void add_alike(const AlikeWindows& outer, const AlikeWindows& inner, std::int64_t sites,
               std::int64_t out_sites, std::int64_t lanes, const scalar_t<V>* from, U* to) {
  const V weight(outer.weight * inner.weight);
  for (std::int64_t y = 0; y < outer.count; ++y) {
    const scalar_t<V>* const row = from + y * outer.step * sites * lanes;
    for (std::int64_t x = 0; x < inner.count; ++x)
      for (std::int64_t lane = 0; lane < lanes; lane += static_cast<std::int64_t>(V::lanes)) {
        const auto sum_of_row = [&](std::int64_t r) {
          const scalar_t<V>* const at = row + (r * sites + x * inner.step) * lanes + lane;
          if constexpr (columns == 1)
            return V::load(at);
          else
            return V::load(at) + V::load(at + lanes);
        };
        V sum = sum_of_row(0);
        if constexpr (rows == 2) sum += sum_of_row(1);
        add_lanes(sum * weight, to + (y * out_sites + x) * lanes + lane);
      }
  }
}

/// The same for NNGP and NTK of a field. `site` is the output site of the first window.
template <class V, class U>
void add_alike(const AlikeWindows& outer, const AlikeWindows& inner,
               const FieldView<scalar_t<V>>& from, const FieldView<U>& to, std::int64_t site,
               std::int64_t out_sites) {
  const std::int64_t sites = from.extent().back(), lanes = from.lanes();
  const std::int64_t first = outer.from * sites + inner.from;
  const auto add = [&](const scalar_t<V>* of, U* out) {
    if (outer.taps == 1 && inner.taps == 1)
      add_alike<1, 1, V>(outer, inner, sites, out_sites, lanes, of, out);
    else if (outer.taps == 1)
      add_alike<1, 2, V>(outer, inner, sites, out_sites, lanes, of, out);
    else if (inner.taps == 1)
      add_alike<2, 1, V>(outer, inner, sites, out_sites, lanes, of, out);
    else
      add_alike<2, 2, V>(outer, inner, sites, out_sites, lanes, of, out);
  };
  add(from.nngp(first).data(), to.nngp(site).data());
  if (from.has_ntk()) add(from.ntk(first).data(), to.ntk(site).data());
}

}  // namespace widelimit::sdk::detail
