// One loop around an author's `moments` that serves every kind of run. The loops of pointwise.hpp
// and field_sweep.hpp are quicker, each for one kind, and cost as much time to compile each.
//
// Covariances are mapped a chunk of sites at a time into a buffer, by a function that knows nothing
// of the layer; then the layer's moments are applied to the buffer. Each number comes out of the
// same operations in the same order as in the other loops.
//
// Threading: pure functions of a run; many at once.
#pragma once

#include <widelimit/sdk/detail/field_sweep.hpp>
#include <widelimit/sdk/detail/pointwise.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace widelimit::sdk::detail {

/// NNGP and NTK of consecutive sites of a row behind the pending map, [site][lane] without gaps.
template <class T>
struct MappedEntries {
  static constexpr std::int64_t most_lanes = 256, most = 512;
  alignas(64) std::array<T, most> nngp, ntk;

  /// As many sites as fit, of so many lanes each.
  static std::int64_t sites(std::int64_t lanes) { return most / lanes; }
};

/// Fills MappedEntries from a run.
template <class T>
class EntryMapper {
  using V = Vec<T>;
  static constexpr auto width = static_cast<std::int64_t>(V::lanes);

 public:
  EntryMapper(const widelimit_run& run, Pending rule, bool window)
      : run_(run), map_(pending_of(run, 0)), rule_(rule), window_(window) {
    if (!window) return;
    const widelimit_linear& linear = *run.pending[0];
    const int last = run.output->rank - 1;
    const std::int64_t taps = last > 0 ? 3 * linear.window[last - 1] : 3;
    map_.scale = V(linear.scale / static_cast<double>(taps));
    std::fill_n(static_cast<T*>(run.scratch), run.inputs[0]->extent[last] * lanes_of_fields, T(0));
  }

  /// Sites x .. x + sites - 1 of output row `row`, lanes from `lane` on.
  [[gnu::noinline]] void map(std::int64_t row, std::int64_t x, std::int64_t sites,
                             std::int64_t lane, std::int64_t lanes, MappedEntries<T>& to) const {
    window_ ? map_windows(row, x, sites, to) : map_entries(row, x, sites, lane, lanes, to);
  }

 private:
  void map_entries(std::int64_t row, std::int64_t x, std::int64_t sites, std::int64_t first_lane,
                   std::int64_t lanes, MappedEntries<T>& to) const {
    const widelimit_field& in = *run_.inputs[0];
    const std::int64_t columns = in.rank == 0 ? 1 : in.extent[in.rank - 1];
    const auto* const nngp = static_cast<const T*>(in.nngp);
    const auto* const ntk = static_cast<const T*>(in.ntk);
    const bool with_ntk = run_.output->ntk != nullptr;
    for (std::int64_t site = 0; site < sites; ++site) {
      const std::int64_t from = (row * columns + x + site) * in.lanes + first_lane;
      T* const nngp_to = to.nngp.data() + site * lanes;
      T* const ntk_to = to.ntk.data() + site * lanes;
      for (std::int64_t lane = 0; lane < lanes; lane += width) {
        const V k = V::load(nngp + from + lane);
        const V mapped_k = rule_ == Pending::none ? k : map_.nngp(k);
        mapped_k.store(nngp_to + lane);
        if (with_ntk) map_.ntk(rule_, k, mapped_k, V::load(ntk + from + lane)).store(ntk_to + lane);
      }
    }
  }

  void map_windows(std::int64_t row, std::int64_t x, std::int64_t sites,
                   MappedEntries<T>& to) const {
    const widelimit_field& in = *run_.inputs[0];
    const RowsUnder<T, true> under(run_, row, static_cast<const T*>(run_.scratch));
    const std::int64_t first = under.first_column + x;
    sum_windows(under, under.of(static_cast<const T*>(in.nngp)), first, sites,
                [&](V sum, std::int64_t at) { map_.nngp(sum).store(to.nngp.data() + at); });
    if (run_.output->ntk == nullptr) return;
    sum_windows(under, under.of(static_cast<const T*>(in.ntk)), first, sites,
                [&](V sum, std::int64_t at) {
                  const V mapped_k = V::load(to.nngp.data() + at);
                  map_.template ntk<Pending::common>(V(0), mapped_k, sum).store(to.ntk.data() + at);
                });
  }
  /// Calls f with the sum of every window from column `first` on, and where it belongs.
  template <class F>
  void sum_windows(const RowsUnder<T, true>& under, const typename RowsUnder<T, true>::Rows& rows,
                   std::int64_t first, std::int64_t sites, F f) const {
    for (std::int64_t lane = 0; lane < lanes_of_fields; lane += width) {
      const auto column_at = [&](std::int64_t c) {
        return c < 0 || c >= under.columns ? V(0) : column<V>(rows, c * lanes_of_fields + lane);
      };
      V left = column_at(first), middle = column_at(first + 1);
      for (std::int64_t site = 0; site < sites; ++site) {
        const V right = column_at(first + site + 2);
        f((left + middle) + right, site * lanes_of_fields + lane);
        left = middle;
        middle = right;
      }
    }
  }

  const widelimit_run& run_;
  PendingMap<V> map_;
  Pending rule_;
  bool window_;
};

/// `window`: the pending map has one, and its rule is the common one.
template <class T, class L>
[[gnu::flatten]] void sweep_any(const L& layer, const widelimit_run& run, bool window,
                                Pending pending) {
  using V = Vec<T>;
  using Second = SecondTerms<V, L>;
  constexpr auto width = static_cast<std::int64_t>(V::lanes);
  constexpr std::int64_t numbers = numbers_of_site_terms<L>();
  constexpr std::int64_t block = std::min(Second::block, MappedEntries<T>::most_lanes);
  const widelimit_field& out = *run.output;
  const widelimit_variances& variances = *run.variances;
  const auto* const first = static_cast<const T*>(variances.first);
  const auto* const second = static_cast<const T*>(variances.second);
  // Are the variances of the run terms that were made before?
  const bool kept = numbers > 0 && variances.site_terms != 0, with_ntk = out.ntk != nullptr;
  const bool broadcast = variances.first_lanes == 1;
  const std::int64_t first_lanes = variances.first_lanes * (kept ? numbers : 1);
  const std::int64_t columns = out.rank == 0 ? 1 : out.extent[out.rank - 1];
  // As in field_sweep.hpp: where terms were kept, maps without a window are of the general rule.
  const EntryMapper<T> mapper(run, kept && !window ? Pending::general : pending, window);

  const auto terms = [&](const T* at, std::int64_t stride, auto read) {
    if constexpr (numbers > 0) {
      if (kept) return std::decay_t<decltype(layer.site_terms(V()))>(at, stride, read);
    }
    return site_terms_of(layer, read(at));
  };
  const auto read_one = [](const T* at) { return V(*at); };
  const auto read_lanes = [](const T* at) { return V::load(at); };

  MappedEntries<T> mapped;
  Second second_terms;
  for (std::int64_t begin = 0; begin < out.lanes; begin += block) {
    const std::int64_t lanes = std::min(block, out.lanes - begin);
    const std::int64_t most_sites = MappedEntries<T>::sites(lanes);
    for (std::int64_t row = run.row_begin; row < run.row_end; ++row)
      for (std::int64_t x = 0; x < columns; x += most_sites) {
        const std::int64_t sites = std::min(most_sites, columns - x);
        mapper.map(row, x, sites, begin, lanes, mapped);
        for (std::int64_t i = 0; i < sites; ++i) {
          const std::int64_t site = row * columns + x + i;
          const T* const p_at = first + variances.first_at[site] * first_lanes;
          const T* const q_at =
              second + variances.second_at[site] * out.lanes * (kept ? numbers : 1) + begin;
          if (!kept) second_terms.go_to(layer, q_at, lanes);
          const auto common = terms(p_at, 1, read_one);
          for (std::int64_t lane = 0; lane < lanes; lane += width) {
            const std::int64_t at = i * lanes + lane, to = site * out.lanes + begin + lane;
            const auto p =
                broadcast ? common : terms(p_at + begin + lane, variances.first_lanes, read_lanes);
            const auto q = [&] {
              if constexpr (numbers > 0) {
                if (kept) return terms(q_at + lane, out.lanes, read_lanes);
              }
              return second_terms[lane];
            }();
            const auto moments = layer.moments(V::load(mapped.nngp.data() + at), p, q);
            if (with_ntk)
              (V(moments.slope) * V::load(mapped.ntk.data() + at))
                  .store(static_cast<T*>(out.ntk) + to);
            V(moments.value).store(static_cast<T*>(out.nngp) + to);
          }
        }
      }
  }
}

}  // namespace widelimit::sdk::detail
