// One loop around an author's `moments` that serves every kind of run. The loops of pointwise.hpp
// and field_sweep.hpp are quicker, each for one kind, and cost as much time to compile each.
//
// Covariances are mapped a chunk of sites at a time into a buffer, by a function that knows nothing
// of the layer; then the layer's moments are applied to the buffer. Each number comes out of the
// same operations in the same order as in the other loops.
//
// Thread safety: pure functions of a run; many at once.
#pragma once

#include <widelimit/sdk/detail/field_sweep.hpp>
#include <widelimit/sdk/detail/pointwise.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace widelimit::sdk::detail {

/// NNGP and NTK of consecutive sites of a row behind the pending map, [site][lane] without gaps.
template <class T>
struct MappedEntries {
  static constexpr std::int64_t most_lanes = 256, most = 512;
  alignas(64) std::array<T, most> nngp, ntk;
};

/// Fills MappedEntries from a run. The vector type is a parameter, as it must be of everything that
/// depends on the target and on no author's type: the copies of a plugin for other processors have
/// types of other names, and the linker merges what has one name.
template <class V>
class EntryMapper {
  using T = scalar_t<V>;
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

/// The variances of one of a run's samples at its sites, as `moments` wants them. They are read
/// from wherever they come from: from the run, or from a buffer where terms are made, or where one
/// number serves all lanes.
template <class T, class L>
class TermsOfSites {
  using V = Vec<T>;
  using Terms = decltype(site_terms_of(std::declval<const L&>(), V()));
  static constexpr auto width = static_cast<std::int64_t>(V::lanes);
  static constexpr std::int64_t numbers = numbers_of_site_terms<L>();
  static constexpr std::int64_t numbers_or_one = numbers > 0 ? numbers : 1;

 public:
  /// Of one site, from a first lane on.
  struct Reader {
    const T* at;
    std::int64_t stride, step;

    [[nodiscard]] Terms operator()(const L& layer, std::int64_t lane) const {
      const T* const of_lane = at + lane * step;
      if constexpr (numbers > 0)
        return Terms(of_lane, stride, [](const T* number) { return V::load(number); });
      else
        return site_terms_of(layer, V::load(of_lane));
    }
  };

  /// `variances` [site][number][field_lanes]; `kept`: the numbers are what site_terms made before,
  /// not variances.
  TermsOfSites(const void* variances, std::int64_t field_lanes, bool kept)
      : variances_(static_cast<const T*>(variances)),
        field_lanes_(field_lanes),
        of_site_(field_lanes * (kept ? numbers : 1)),
        kept_(kept || numbers == 0) {}

  /// For lanes first .. first + n - 1 of a site; valid until the next call.
  Reader at(const L& layer, std::int64_t site, std::int64_t first, std::int64_t n) {
    const bool one = field_lanes_ == 1;
    const T* const from = variances_ + site * of_site_ + (one ? 0 : first);
    if (kept_ && !one) return {from, field_lanes_, 1};
    if (from != made_of_) fill(layer, from, one ? 1 : n);
    made_of_ = from;
    return {made_.data(), one ? width : n, one ? 0 : 1};
  }

 private:
  /// Once in the program for all kinds of runs.
  [[gnu::noinline, gnu::flatten]] void fill(const L& layer, const T* from, std::int64_t n) {
    if (kept_) {
      for (std::int64_t number = 0; number < numbers_or_one; ++number)
        V(from[number]).store(made_.data() + number * width);
    } else if constexpr (numbers > 0) {
      if (n == 1) return layer.site_terms(V(*from)).store(made_.data(), width);
      for (std::int64_t lane = 0; lane < n; lane += width)
        layer.site_terms(V::load(from + lane)).store(made_.data() + lane, n);
    }
  }

  const T* variances_;
  std::int64_t field_lanes_, of_site_;
  bool kept_;
  const T* made_of_ = nullptr;
  alignas(64)
      std::array<T, static_cast<std::size_t>(numbers > 0 ? numbers * MappedEntries<T>::most_lanes
                                                         : width)> made_;
};

/// `window`: the pending map has one, and its rule is the common one.
template <class T, class L>
[[gnu::flatten]] void sweep_any(const L& layer, const widelimit_run& run, bool window,
                                Pending pending) {
  OwnCopy<L> own = layer;
  using V = Vec<T>;
  constexpr auto width = static_cast<std::int64_t>(V::lanes);
  const widelimit_field& out = *run.output;
  const widelimit_variances& variances = *run.variances;
  const bool kept = numbers_of_site_terms<L>() > 0 && variances.n_site_terms != 0;
  const bool with_ntk = out.ntk != nullptr;
  const std::int64_t columns = out.rank == 0 ? 1 : out.extent[out.rank - 1];
  // As in field_sweep.hpp: where terms were kept, maps without a window are of the general rule.
  const EntryMapper<V> mapper(run, kept && !window ? Pending::general : pending, window);
  TermsOfSites<T, L> first(variances.first, variances.first_lanes, kept);
  TermsOfSites<T, L> second(variances.second, out.lanes, kept);

  MappedEntries<T> mapped;
  for (std::int64_t begin = 0; begin < out.lanes; begin += mapped.most_lanes) {
    const std::int64_t lanes = std::min(mapped.most_lanes, out.lanes - begin);
    const std::int64_t most_sites = mapped.most / lanes;
    for (std::int64_t row = run.row_begin; row < run.row_end; ++row)
      for (std::int64_t x = 0; x < columns; x += most_sites) {
        const std::int64_t sites = std::min(most_sites, columns - x);
        mapper.map(row, x, sites, begin, lanes, mapped);
        const T *k_at = mapped.nngp.data(), *theta_at = mapped.ntk.data();
        for (std::int64_t site = row * columns + x, end = site + sites; site < end; ++site) {
          const auto p = first.at(layer, variances.first_at[site], begin, lanes);
          const auto q = second.at(layer, variances.second_at[site], begin, lanes);
          T* value_at = static_cast<T*>(out.nngp) + site * out.lanes + begin;
          T* ntk_at = static_cast<T*>(out.ntk) + (with_ntk ? site * out.lanes + begin : 0);
          for (std::int64_t lane = 0; lane < lanes; lane += width) {
            const auto write = [&](const auto& moments) {
              if (with_ntk) (V(moments.slope) * V::load(theta_at + lane)).store(ntk_at + lane);
              V(moments.value).store(value_at + lane);
            };
            // No copies of terms or moments: GCC would carry them through memory.
            write(own.moments(V::load(k_at + lane), p(own, lane), q(own, lane)));
          }
          k_at += lanes;
          theta_at += lanes;
        }
      }
  }
}

}  // namespace widelimit::sdk::detail
