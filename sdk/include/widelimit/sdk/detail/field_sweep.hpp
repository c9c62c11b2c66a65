// The loop around an author's `moments` for fields with sites. It applies maps of window 1, and
// windows of 3 along the last axis (and 3 along the axis before): it sums rows in registers, maps
// the sums and stores the results once. What follows from one variance alone is read, not computed,
// where the layer says how (numbers, store and a reading constructor of its terms).
//
// Thread safety: pure functions of a run; many at once.
#pragma once

#include <widelimit/sdk/detail/pointwise.hpp>
#include <widelimit/sdk/views.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace widelimit::sdk::detail {

/// Numbers that are kept of each variance; 0: the layer's terms cannot be kept, or there is none.
template <class L>
constexpr std::uint32_t numbers_of_site_terms() {
  using Terms = std::decay_t<decltype(site_terms_of(std::declval<const L&>(), Vec<float>()))>;
  if constexpr (requires { Terms::numbers; })
    return Terms::numbers;
  else
    return 0;
}

template <class T, class L>
void make_site_terms_as(const L& layer, const widelimit_site_terms& request) {
  using V = Vec<T>;
  constexpr std::int64_t n = numbers_of_site_terms<L>();
  const auto* const variance = static_cast<const T*>(request.variance);
  auto* const out = static_cast<T*>(request.out);
  for (std::int64_t site = 0; site < request.sites; ++site)
    for (std::int64_t lane = 0; lane < request.lanes; lane += static_cast<std::int64_t>(V::lanes))
      layer.site_terms(V::load(variance + site * request.lanes + lane))
          .store(out + site * n * request.lanes + lane, request.lanes);
}

template <class L>
void make_site_terms(const L& layer, const widelimit_site_terms& request) {
  if (request.dtype == WIDELIMIT_F32)
    make_site_terms_as<float>(layer, request);
  else
    make_site_terms_as<double>(layer, request);
}

/// Lanes of fields with sites (abi.h). The constant makes the computation of addresses cheap.
inline constexpr std::int64_t lanes_of_fields = 16;

/// Of one of a field's samples, what `moments` wants at one site.
template <class T, bool broadcast, bool kept, class L>
struct SiteTermsOf {
  using V = Vec<T>;
  static constexpr std::int64_t lanes = broadcast ? 1 : lanes_of_fields;
  static constexpr std::int64_t of_site = lanes * (kept ? numbers_of_site_terms<L>() : 1);

  const T* at;

  [[nodiscard]] auto operator()(const L& layer, std::int64_t lane) const {
    const T* const first = at + (broadcast ? 0 : lane);
    const auto read = [](const T* from) { return broadcast ? V(*from) : V::load(from); };
    if constexpr (kept)
      return std::decay_t<decltype(layer.site_terms(V()))>(first, lanes, read);
    else
      return site_terms_of(layer, read(first));
  }
};

/// The rows of a field that belong to an output row: three rows for a window, otherwise one. A row
/// outside the field is a row of zeros.
template <class T, bool window>
class RowsUnder {
 public:
  static constexpr std::int64_t taps = window ? 3 : 1;
  using Rows = std::array<const T*, static_cast<std::size_t>(taps)>;

  /// Those under output row `row` come first.
  RowsUnder(const widelimit_run& run, std::int64_t row, const T* zeros) : zeros_(zeros) {
    const widelimit_field &in = *run.inputs[0], &out = *run.output;
    const int last = out.rank - 1;
    columns = last < 0 ? 1 : in.extent[last];
    if constexpr (window) {
      const widelimit_linear& map = *run.pending[0];
      first_column = out.origin[last] - map.pad_low[last] - in.origin[last];
      if (last > 0) {
        taps_ = map.window[last - 1];
        in_rows_ = in.extent[last - 1];
        out_rows_ = out.extent[last - 1];
        shift_ = out.origin[last - 1] - map.pad_low[last - 1] - in.origin[last - 1];
      }
    }
    block_ = out_rows_ > 0 ? row / out_rows_ : 0;
    at_ = row - block_ * out_rows_;
  }
  /// Those of `field` under the current one.
  [[nodiscard]] Rows of(const T* field) const {
    if constexpr (window) {
      Rows rows;
      for (std::int64_t t = 0; t < taps; ++t) {
        const std::int64_t y = at_ + shift_ + t;
        const bool inside = t < taps_ && y >= 0 && y < in_rows_;
        rows[static_cast<std::size_t>(t)] =
            inside ? field + (block_ * in_rows_ + y) * columns * lanes_of_fields : zeros_;
      }
      return rows;
    } else {
      return {field + block_ * columns * lanes_of_fields};
    }
  }
  void next() {
    if (++at_ < out_rows_) return;
    at_ = 0;
    ++block_;
  }

  std::int64_t columns;           ///< of a row of the field
  std::int64_t first_column = 0;  ///< under the first tap of an output row's first site

 private:
  const T* zeros_;
  std::int64_t taps_ = 1, in_rows_ = 1, out_rows_ = 1, shift_ = 0, block_, at_;
};

/// The sum of the rows at an entry, in order.
template <class V, std::size_t rows>
V column(const std::array<const scalar_t<V>*, rows>& at, std::int64_t entry) {
  V sum = V::load(at[0] + entry);
  for (std::size_t row = 1; row < rows; ++row) sum = sum + V::load(at[row] + entry);
  return sum;
}

/// Bytes for a row of zeros as long as a field's before a window, which shortens rows by two sites
/// at most; of a layer whose input has this shape behind the window.
inline std::uint64_t bytes_of_row(const Shape& shape) {
  return shape.spatial().empty() ? 0
                                 : static_cast<std::uint64_t>(shape.spatial().back() + 2) *
                                       lanes_of_fields * sizeof(double);
}

/// Moments in two steps if the layer has them (elementwise.hpp); otherwise the first step does all.
template <class L, class V, class P, class Q>
auto prepare_moments(const L& layer, V k, const P& p, const Q& q) {
  if constexpr (requires { layer.prepare(k, p, q); })
    return layer.prepare(k, p, q);
  else
    return layer.moments(k, p, q);
}
template <class L, class Prepared>
auto complete_moments(const L& layer, const Prepared& prepared) {
  if constexpr (requires { layer.complete(prepared); })
    return layer.complete(prepared);
  else
    return prepared;
}

/// Rows of a field under a small window, with the NTK by the common rule, Theta' = K' + scale A
/// Theta; or under a map of window 1, or none. The variance of the first sample is one number for
/// all lanes of a site.
template <class T, bool with_ntk, bool kept, bool window, class L>
[[gnu::flatten]] void sweep_rows(const L& layer, const widelimit_run& run) {
  OwnCopy<L> own = layer;
  using V = Vec<T>;
  using First = SiteTermsOf<T, true, kept, L>;
  using Second = SiteTermsOf<T, false, kept, L>;
  using Under = RowsUnder<T, window>;
  using Rows = typename Under::Rows;
  constexpr std::int64_t lanes = lanes_of_fields, reach = Under::taps - 1;
  const widelimit_field &in = *run.inputs[0], &out = *run.output;
  const widelimit_linear* const linear = pending_of(run, 0);
  const widelimit_variances& variances = *run.variances;
  const std::int64_t width = out.rank == 0 ? 1 : out.extent[out.rank - 1];
  if (width == 0 || run.row_begin >= run.row_end) return;
  PendingMap<V> pending(linear);
  if constexpr (window) {
    const std::int64_t taps = out.rank > 1 ? 3 * linear->window[out.rank - 2] : 3;
    pending.scale = V(linear->scale / static_cast<double>(taps));
  }
  // Sites of a row share their variances (the mean over sites), or their variances stand in a row.
  const std::int64_t site_step = width > 1 ? variances.first_at[run.row_begin * width + 1] -
                                                 variances.first_at[run.row_begin * width]
                                           : 0;
  const std::int64_t first_step = site_step * First::of_site;
  const std::int64_t second_step = site_step * Second::of_site;

  auto* const zeros = static_cast<T*>(run.scratch);
  for (std::int64_t lane = 0; lane < lanes; lane += static_cast<std::int64_t>(V::lanes)) {
    Under under(run, run.row_begin, zeros);
    if (window && lane == 0) std::fill_n(zeros, under.columns * lanes, T(0));
    // Output sites whose last tap is inside the row, or after it.
    const std::int64_t inside =
        std::clamp<std::int64_t>(under.columns - under.first_column - reach, 0, width);
    const auto column_at = [&](const Rows& rows, std::int64_t c) {
      return c < 0 || c >= under.columns ? V(0) : column<V>(rows, c * lanes + lane);
    };
    T* value_at = static_cast<T*>(out.nngp) + run.row_begin * width * lanes + lane;
    T* ntk_at =
        with_ntk ? static_cast<T*>(out.ntk) + run.row_begin * width * lanes + lane : nullptr;
    V left(0), middle(0), left_ntk(0), middle_ntk(0);
    First first{nullptr};
    Second second{nullptr};
    // Three sites are processed at once: while one is completed, the next is prepared, and the one
    // after it is summed and mapped. This keeps chains of dependent operations short, and the
    // processor can execute independent operations while it waits.
    V k(0), theta(0), prepared_theta(0);
    const auto map = [&](V right, V right_ntk) {
      const V sum = window ? (left + middle) + right : right;
      k = pending.nngp(sum);
      left = middle;
      middle = right;
      if constexpr (with_ntk) {
        constexpr Pending rule = window ? Pending::common : Pending::general;
        const V sum_ntk = window ? (left_ntk + middle_ntk) + right_ntk : right_ntk;
        theta = pending.template ntk<rule>(sum, k, sum_ntk);
        left_ntk = middle_ntk;
        middle_ntk = right_ntk;
      }
    };
    const auto prepare = [&] {
      prepared_theta = theta;
      auto prepared = prepare_moments(own, k, first(own, lane), second(own, lane));
      first.at += first_step;
      second.at += second_step;
      return prepared;
    };
    // GCC would write a named copy of the moments to the stack for every entry.
    const auto write = [&](const auto& moments, V of_theta) {
      if constexpr (with_ntk) {
        (V(moments.slope) * of_theta).store(ntk_at);
        ntk_at += lanes;
      }
      V(moments.value).store(value_at);
      value_at += lanes;
    };
    decltype(prepare()) prepared{};
    const auto turn = [&](auto map_another) {
      const V last_theta = prepared_theta;
      const auto next = prepare();
      map_another();
      write(complete_moments(own, prepared), last_theta);
      prepared = next;
    };
    for (std::int64_t row = run.row_begin; row < run.row_end; ++row, under.next()) {
      Rows nngp_rows = under.of(static_cast<const T*>(in.nngp));
      Rows ntk_rows = with_ntk ? under.of(static_cast<const T*>(in.ntk)) : nngp_rows;
      for (std::int64_t c = under.first_column; c < under.first_column + reach; ++c) {
        left = middle;
        middle = column_at(nngp_rows, c);
        if constexpr (with_ntk) {
          left_ntk = middle_ntk;
          middle_ntk = column_at(ntk_rows, c);
        }
      }
      const std::int64_t site = row * width;
      first.at = static_cast<const T*>(variances.first) + variances.first_at[site] * First::of_site;
      second.at =
          static_cast<const T*>(variances.second) + variances.second_at[site] * Second::of_site;
      // One site is mapped ahead, and of the first row another is prepared; if a row is a single
      // site, the next row completes it.
      std::int64_t x = 0;
      for (const std::int64_t ahead = row == run.row_begin ? 2 : 1;;) {
        const std::int64_t c = under.first_column + reach + x;
        map(column_at(nngp_rows, c), with_ntk ? column_at(ntk_rows, c) : V(0));
        if (++x == ahead) break;
        prepared = prepare();
        if (x < width) continue;
        ++x;
        break;
      }
      // The code of a turn is large, so one loop serves the columns inside the row, those after it,
      // and a last turn that maps nothing of use.
      std::int64_t end = inside, step = lanes, at = (under.first_column + reach + x) * lanes + lane;
      for (;;) {
        for (; x < end; ++x, at += window ? step : lanes)
          turn([&] { map(column<V>(nngp_rows, at), with_ntk ? column<V>(ntk_rows, at) : V(0)); });
        if (end > width) break;
        end = width + 1;
        step = 0;
        at = lane;
        if constexpr (window) nngp_rows.fill(zeros), ntk_rows.fill(zeros);
      }
    }
    write(complete_moments(own, prepared), prepared_theta);
  }
}

/// Does the map have a window of those that are applied on the way (max_window of the plan)? Others
/// than those and maps of window 1 are refused.
inline bool has_window(const widelimit_linear* map) {
  if (map == nullptr || map->rank == 0) return false;
  const int last = map->rank - 1;
  bool window = false, applied = map->window[last] == 3 && map->ntk_nngp == map->scale &&
                                 map->ntk_bias == map->bias;
  for (int a = 0; a <= last; ++a) {
    window = window || map->window[a] != 1;
    applied = applied && map->stride[a] == 1 && map->dilation[a] == 1 &&
              map->weight[a] == nullptr && map->pad_low[a] < 3 &&
              (map->window[a] == 1 ? map->pad_low[a] == 0 && map->pad_high[a] == 0
                                   : map->window[a] == 3 && a + 2 > last);
  }
  if (window && !applied)
    throw Error(WIDELIMIT_E_UNSUPPORTED,
                "of pending maps with windows pointwise layers apply those of 3 along the last one "
                "or two axes, of stride and dilation 1: materialise others first");
  return window;
}

}  // namespace widelimit::sdk::detail
