// One axis of a linear map of sites, and the sums of field entries that such a map computes: the
// input entry (p, p + d) contributes to the output entries (i, j) whose windows contain p and p +
// d.
//
// Thread safety: an AxisMap does not change after it is filled; any number of threads may use a
// PairedSites at once.
#pragma once

#include <widelimit/sdk/detail/alike_windows.hpp>
#include <widelimit/sdk/gathering.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace widelimit::sdk {

/// A sparse matrix M [rows, sites] along one axis. Entries are added row by row.
class AxisMap {
 public:
  struct Entry {
    std::int64_t row, site;
    double weight;
  };

  /// An empty map from an axis of `sites` input sites to `rows` output sites.
  AxisMap(std::int64_t sites, std::int64_t rows) : sites_(sites), rows_(rows) {
    if (sites > 0) entries_.reserve(static_cast<std::size_t>(sites));
  }

  /// M[row, site] += weight. Call it in ascending order of rows.
  void add(std::int64_t row, std::int64_t site, double weight) {
    if (row < 0 || row >= rows_ || site < 0 || site >= sites_ ||
        (!entries_.empty() && row < entries_.back().row))
      throw Error(WIDELIMIT_E_INTERNAL, "an entry of a site map is outside, or out of order");
    auto at = entries_.end();
    while (at != entries_.begin() && at[-1].row == row && at[-1].site > site) --at;
    if (at != entries_.begin() && at[-1].row == row && at[-1].site == site)
      at[-1].weight += weight;
    else
      entries_.insert(at, {row, site, weight});
  }

  [[nodiscard]] std::int64_t sites() const { return sites_; }
  [[nodiscard]] std::int64_t rows() const { return rows_; }
  [[nodiscard]] std::int64_t taps() const { return static_cast<std::int64_t>(entries_.size()); }
  /// Ordered by row, then by site.
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

  /// The input displacements that output displacement D depends on, in ascending order.
  [[nodiscard]] std::vector<std::int64_t> displacements(std::int64_t D) const {
    std::vector<bool> found(static_cast<std::size_t>(2 * sites_ - 1));
    for_each_pair(D, [&](const Entry& a, const Entry& b) {
      found[static_cast<std::size_t>(b.site - a.site + sites_ - 1)] = true;
    });
    std::vector<std::int64_t> list;
    for (std::size_t i = 0; i < found.size(); ++i)
      if (found[i]) list.push_back(static_cast<std::int64_t>(i) - sites_ + 1);
    return list;
  }

 private:
  /// Calls f with every pair of an entry of a row i and an entry of row i + D.
  template <class F>
  void for_each_pair(std::int64_t D, F f) const {
    const auto row_begin = [&](std::int64_t row) {
      return std::lower_bound(entries_.begin(), entries_.end(), row,
                              [](const Entry& e, std::int64_t r) { return e.row < r; });
    };
    for (std::int64_t i = std::max<std::int64_t>(0, -D); i < std::min(rows_, rows_ - D); ++i)
      for (auto a = row_begin(i); a != entries_.end() && a->row == i; ++a)
        for (auto b = row_begin(i + D); b != entries_.end() && b->row == i + D; ++b) f(*a, *b);
  }

  std::int64_t sites_, rows_;
  std::vector<Entry> entries_;
};

namespace detail {

/// For every displacement d of the input field, the pairs of output and input sites that
/// contribute: for each axis and output displacement D, the pairs of an output site i and an input
/// site p such that the window of i contains p and the window of i + D contains p + d. Lists are
/// created when they are first needed, and kept while they are small. A long axis has more pairs
/// than fit into memory.
class PairedSites {
 public:
  explicit PairedSites(const std::vector<AxisMap>& axes) {
    for (const AxisMap& axis : axes) axes_.emplace_back(axis);
  }

  /// Adds the contribution of the input field to M K M' to one field of the output. If the output
  /// has no axes, this field has one number per lane.
  template <class V, class U>
  void add(const FieldView<scalar_t<V>>& from, const FieldView<U>& to) const {
    const std::size_t rank = axes_.size();
    if (rank == 0) return;
    const bool keeps_axes = !to.extent().empty();
    const auto origin = [&](std::size_t a) { return keeps_axes ? to.origin()[a] : 0; };
    const auto rows = [&](std::size_t a) { return keeps_axes ? to.extent()[a] : 1; };
    std::array<std::span<const Pair>, 4> of_axis;
    std::array<std::vector<Pair>, 4> made;  // lists that are not stored
    for (std::size_t a = 0; a < rank; ++a) {
      of_axis[a] = with_displacements(axes_[a], from.displacement()[a],
                                      keeps_axes ? to.displacement()[a] : 0, made[a]);
      if (of_axis[a].empty()) return;
    }
    static constexpr std::array<Pair, 1> no_axis{Pair{0, 0, 0, 1, 1}};
    std::vector<Pair> joined;
    std::span<const Pair> outer = no_axis;
    std::int64_t outer_origin = 0;
    if (rank == 2) {
      outer = of_axis[0];
      outer_origin = origin(0);
    } else if (rank > 2) {
      joined.assign(no_axis.begin(), no_axis.end());
      for (std::size_t a = 0; a + 1 < rank; ++a)
        joined = product(joined, of_axis[a], rows(a), origin(a), from.extent()[a]);
      std::stable_sort(joined.begin(), joined.end(),
                       [](const Pair& x, const Pair& y) { return x.to < y.to; });
      outer = joined;
    }
    const std::size_t last = rank - 1;
    const auto windows = alike(outer), columns = alike(of_axis[last]);
    if (windows && columns) {
      const std::int64_t site =
          (windows->to - outer_origin) * rows(last) + columns->to - origin(last);
      return add_alike<V>(*windows, *columns, from, to, site, rows(last));
    }
    const std::int64_t sites = from.extent()[last];
    for_each_group(outer, [&](std::span<const Pair> out) {
      const std::int64_t first = (out[0].to - outer_origin) * rows(last) - origin(last);
      for_each_group(of_axis[last], [&](std::span<const Pair> in) {
        const std::int64_t site = first + in[0].to;
        if (out.size() * in.size() <= static_cast<std::size_t>(sum_block))
          return sum_few<V>(out, in, from, to, site);
        sum<V>(out, in, sites, from.lanes(), from.nngp(0).data(), to.nngp(site).data());
        if (from.has_ntk())
          sum<V>(out, in, sites, from.lanes(), from.ntk(0).data(), to.ntk(site).data());
      });
    });
  }

 private:
  /// `to` is relative to the first site of the output, `from` to the first site of the field.
  struct Pair {
    std::int64_t D, to, from;
    double weight;
    float weight_f32;

    template <class T>
    [[nodiscard]] T weight_as() const {
      if constexpr (std::is_same_v<T, float>)
        return weight_f32;
      else
        return weight;
    }
  };
  /// At most 10 MB per axis.
  static constexpr std::size_t most_kept = 1 << 18;

  class Axis {
   public:
    explicit Axis(const AxisMap& map)
        : map_(map), lists_(static_cast<std::size_t>(2 * map.sites() - 1)) {}

    /// The pairs of displacement d, stored in `made` if they are not kept.
    [[nodiscard]] const std::vector<Pair>& pairs(std::int64_t d, std::vector<Pair>& made) const {
      const auto& list = lists_[static_cast<std::size_t>(d + map_.sites() - 1)];
      if (const auto* known = list.known.load(std::memory_order_acquire)) return *known;
      made = pairs_of(map_, d);
      if (kept_.fetch_add(made.size()) + made.size() > most_kept) {
        kept_.fetch_sub(made.size());
        return made;
      }
      auto mine = std::make_unique<const std::vector<Pair>>(std::move(made));
      const std::vector<Pair>* first = nullptr;
      if (list.known.compare_exchange_strong(first, mine.get(), std::memory_order_acq_rel))
        return *mine.release();
      kept_.fetch_sub(mine->size());  // another thread was first
      return *first;
    }

   private:
    struct List {
      List() = default;
      List(const List&) = delete;
      List& operator=(const List&) = delete;
      ~List() { delete known.load(); }
      mutable std::atomic<const std::vector<Pair>*> known{nullptr};
    };
    AxisMap map_;
    std::vector<List> lists_;  ///< for every d, beginning with 1 - sites
    mutable std::atomic<std::size_t> kept_{0};
  };

  static Pair pair(std::int64_t D, std::int64_t to, std::int64_t from, double weight) {
    return {D, to, from, weight, static_cast<float>(weight)};
  }

  /// Ordered by D, then by output site, then by input site.
  static std::vector<Pair> pairs_of(const AxisMap& map, std::int64_t d) {
    // The position of the entries of each site in a list ordered by site.
    const std::vector<AxisMap::Entry>& entries = map.entries();
    std::vector<std::size_t> begin(static_cast<std::size_t>(map.sites()) + 1);
    for (const auto& e : entries) ++begin[static_cast<std::size_t>(e.site) + 1];
    for (std::size_t i = 1; i < begin.size(); ++i) begin[i] += begin[i - 1];
    std::vector<const AxisMap::Entry*> by_site(entries.size());
    std::vector<std::size_t> next(begin.begin(), begin.end() - 1);
    for (const auto& e : entries) by_site[next[static_cast<std::size_t>(e.site)]++] = &e;

    const std::int64_t origin = std::max<std::int64_t>(0, -d);
    std::vector<Pair> list;
    for (const auto& e : entries) {
      if (e.site + d < 0 || e.site + d >= map.sites()) continue;
      const auto q = static_cast<std::size_t>(e.site + d);
      for (std::size_t i = begin[q]; i < begin[q + 1]; ++i)
        list.push_back(
            pair(by_site[i]->row - e.row, e.row, e.site - origin, e.weight * by_site[i]->weight));
    }
    std::stable_sort(list.begin(), list.end(),
                     [](const Pair& a, const Pair& b) { return a.D < b.D; });
    list.shrink_to_fit();
    return list;
  }

  [[nodiscard]] static std::span<const Pair> with_displacements(const Axis& axis, std::int64_t d,
                                                                std::int64_t D,
                                                                std::vector<Pair>& made) {
    const std::vector<Pair>& pairs = axis.pairs(d, made);
    const auto [begin, end] =
        std::equal_range(pairs.begin(), pairs.end(), pair(D, 0, 0, 0),
                         [](const Pair& x, const Pair& y) { return x.D < y.D; });
    return {begin, end};
  }

  /// Combines the pairs of the previous axes with those of one more axis.
  static std::vector<Pair> product(const std::vector<Pair>& outer, std::span<const Pair> inner,
                                   std::int64_t rows, std::int64_t origin, std::int64_t sites) {
    std::vector<Pair> longer;
    longer.reserve(outer.size() * inner.size());
    for (const Pair& o : outer)
      for (const Pair& p : inner)
        longer.push_back(
            pair(0, o.to * rows + p.to - origin, o.from * sites + p.from, o.weight * p.weight));
    return longer;
  }

  /// Describes pairs as small windows of equal shape, if they are.
  [[nodiscard]] static std::optional<AlikeWindows> alike(std::span<const Pair> pairs) {
    const Pair& first = pairs.front();
    const auto size = static_cast<std::int64_t>(pairs.size());
    AlikeWindows windows{0, 1, first.to, first.from, 0, first.weight};
    const auto at = [&](std::int64_t i) -> const Pair& {
      return pairs[static_cast<std::size_t>(i)];
    };
    while (windows.taps < size && at(windows.taps).to == first.to)
      if (++windows.taps > AlikeWindows::most_taps) return std::nullopt;
    if (size % windows.taps != 0) return std::nullopt;
    windows.count = size / windows.taps;
    if (windows.count > 1) windows.step = at(windows.taps).from - first.from;
    for (std::int64_t i = 0; i < size; ++i) {
      const std::int64_t w = i / windows.taps, tap = i % windows.taps;
      if (at(i).to != first.to + w || at(i).from != first.from + w * windows.step + tap ||
          at(i).weight != first.weight)
        return std::nullopt;
    }
    return windows;
  }

  /// Calls f with each run of pairs that have the same output site.
  template <class F>
  static void for_each_group(std::span<const Pair> pairs, F f) {
    for (std::size_t begin = 0, end = 0; begin < pairs.size(); begin = end) {
      while (end < pairs.size() && pairs[end].to == pairs[begin].to) ++end;
      f(pairs.subspan(begin, end - begin));
    }
  }

  /// Adds the weighted sum of a few sites of `from`, in rows `outer` and columns `inner`, to site
  /// `site` of `to`, for NNGP and NTK.
  template <class V, class U>
  static void sum_few(std::span<const Pair> outer, std::span<const Pair> inner,
                      const FieldView<scalar_t<V>>& from, const FieldView<U>& to,
                      std::int64_t site) {
    from.has_ntk() ? sum_few<true, V>(outer, inner, from, to, site)
                   : sum_few<false, V>(outer, inner, from, to, site);
  }
  template <bool with_ntk, class V, class U>
  static void sum_few(std::span<const Pair> outer, std::span<const Pair> inner,
                      const FieldView<scalar_t<V>>& from, const FieldView<U>& to,
                      std::int64_t site) {
    using T = scalar_t<V>;
    const std::int64_t lanes = from.lanes(), sites = from.extent().back();
    const T* const nngp = from.nngp(0).data();
    const T* const ntk = with_ntk ? from.ntk(0).data() : nullptr;
    for (std::int64_t lane = 0; lane < lanes; lane += static_cast<std::int64_t>(V::lanes)) {
      V k = 0, theta = 0;
      for (const Pair& row : outer) {
        V k_of_row = 0, theta_of_row = 0;
        for (const Pair& column : inner) {
          const std::int64_t at = (row.from * sites + column.from) * lanes + lane;
          const V weight(column.template weight_as<T>());
          k_of_row = fma(V::load(nngp + at), weight, k_of_row);
          if constexpr (with_ntk) theta_of_row = fma(V::load(ntk + at), weight, theta_of_row);
        }
        const V weight(row.template weight_as<T>());
        k = fma(k_of_row, weight, k);
        if constexpr (with_ntk) theta = fma(theta_of_row, weight, theta);
      }
      add_lanes(k, to.nngp(site).data() + lane);
      if constexpr (with_ntk) add_lanes(theta, to.ntk(site).data() + lane);
    }
  }

  /// Adds to `to` [lanes] the weighted sum of the sites of `from` [row][site][lanes] in rows
  /// `outer` and columns `inner`.
  template <class V, class U>
  static void sum(std::span<const Pair> outer, std::span<const Pair> inner, std::int64_t sites,
                  std::int64_t lanes, const scalar_t<V>* from, U* to) {
    using T = scalar_t<V>;
    for (std::int64_t lane = 0; lane < lanes; lane += static_cast<std::int64_t>(V::lanes)) {
      const auto sum_of_row = [&](const Pair& row, std::size_t begin, std::size_t end) {
        const T* const row_at = from + row.from * sites * lanes + lane;
        V block = 0;
        for (std::size_t i = begin; i < end; ++i)
          block =
              fma(V::load(row_at + inner[i].from * lanes), inner[i].template weight_as<T>(), block);
        return block;
      };
      V several = 0;
      std::int64_t blocks = 0;
      for (const Pair& row : outer)
        for (std::size_t begin = 0; begin < inner.size();) {
          const std::size_t end =
              std::min(inner.size(), begin + static_cast<std::size_t>(sum_block));
          several = fma(sum_of_row(row, begin, end), row.template weight_as<T>(), several);
          begin = end;
          if (++blocks % sum_block != 0) continue;
          add_lanes(several, to + lane);
          several = 0;
        }
      add_lanes(several, to + lane);
    }
  }

  std::deque<Axis> axes_;
};

}  // namespace detail
}  // namespace widelimit::sdk
