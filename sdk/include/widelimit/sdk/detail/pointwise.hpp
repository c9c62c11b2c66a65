// The loop around an author's `moments` for networks without sites: it applies a pending map and a
// nonlinearity to one run of a field, register by register, in one pass over memory. The loop is a
// template, with an instantiation for each of the commonest kinds of runs
// (detail/pointwise_transform.hpp).
//
// Thread safety: pure functions of a run; many at once.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/sdk/error.hpp>
#include <widelimit/sdk/simd.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

namespace widelimit::sdk {

/// What `moments` returns for (u, v) ~ N(0, [[p, k], [k, q]]): value = E[f(u) f(v)] and
/// slope = E[f'(u) f'(v)], which is also d value / d k. (arXiv:2209.04121; the NNGP becomes
/// `value`, and the NTK is multiplied by `slope`.)
template <class Value, class Slope = Value>
struct Moments {
  Value value;
  Slope slope;
};
template <class Value, class Slope>
Moments(Value, Slope) -> Moments<Value, Slope>;

namespace detail {

/// How the pending map of a run acts. The common rule is that of the NTK parameterization:
/// ntk_nngp = scale and ntk_bias = bias, so that Theta' = K' + scale Theta.
enum class Pending { none, common, general };

inline Pending pending_kind(const widelimit_linear* map) {
  if (map == nullptr) return Pending::none;
  for (int axis = 0; axis < map->rank; ++axis)
    if (map->window[axis] != 1 || map->stride[axis] != 1 || map->pad_low[axis] != 0 ||
        map->pad_high[axis] != 0)
      throw Error(WIDELIMIT_E_UNSUPPORTED,
                  "a pending map with a window, stride or padding is not applied by pointwise "
                  "layers: materialise it first");
  return map->ntk_nngp == map->scale && map->ntk_bias == map->bias ? Pending::common
                                                                   : Pending::general;
}

inline const widelimit_linear* pending_of(const widelimit_run& run, std::uint32_t input) {
  return run.pending == nullptr ? nullptr : run.pending[input];
}

/// A pending map in registers, its coefficients rounded once to the precision of the field.
template <class V>
struct PendingMap {
  V scale, bias, ntk_nngp, ntk_bias;

  PendingMap() = default;
  explicit PendingMap(const widelimit_linear* map)
      : scale(map ? map->scale : 1),
        bias(map ? map->bias : 0),
        ntk_nngp(map ? map->ntk_nngp : 0),
        ntk_bias(map ? map->ntk_bias : 0) {}

  /// The product and the sum are rounded separately, as in the code that applies a map before the
  /// call. The variances of a run come from that code, and a sample paired with itself must have
  /// the same bits.
  [[nodiscard]] V nngp(V k) const { return k * scale + bias; }

  template <Pending kind>
  [[nodiscard]] V ntk(V k, V mapped_k, V theta) const {
    if constexpr (kind == Pending::none)
      return theta;
    else if constexpr (kind == Pending::common)
      return fma(scale, theta, mapped_k);
    else
      return fma(scale, theta, fma(ntk_nngp, k, ntk_bias));
  }
  [[nodiscard]] V ntk(Pending kind, V k, V mapped_k, V theta) const {
    switch (kind) {
      case Pending::none:
        return theta;
      case Pending::common:
        return ntk<Pending::common>(k, mapped_k, theta);
      default:
        return ntk<Pending::general>(k, mapped_k, theta);
    }
  }
};

/// The entries of a run, as flat arrays.
struct Span {
  std::int64_t first_site, last_site, lanes;

  explicit Span(const widelimit_run& run) : lanes(run.output->lanes) {
    const widelimit_field& field = *run.output;
    const std::int64_t row = field.rank == 0 ? 1 : field.extent[field.rank - 1];
    first_site = run.row_begin * row;
    last_site = run.row_end * row;
  }
};

inline void check_run(const widelimit_run& run, bool needs_variances) {
  if (run.n_inputs == 0 || run.output == nullptr || run.output->lanes % 16 != 0)
    throw Error(WIDELIMIT_E_ARGUMENT,
                "a run needs an output and at least one input, with lanes in multiples of 16");
  if (needs_variances && run.variances == nullptr)
    throw Error(WIDELIMIT_E_ARGUMENT, "this layer needs the variances of its input");
}

/// Layers whose `moments` takes of each variance what `site_terms` makes of it: computed once for
/// many entries.
template <class L, class V>
concept HasSiteTerms = requires(const L layer, V variance) {
  layer.site_terms(variance);
};

template <class V, class Layer>
auto site_terms_of(const Layer& layer, V variance) {
  if constexpr (HasSiteTerms<Layer, V>)
    return layer.site_terms(variance);
  else
    return variance;
}

/// The second variances of a run, a block of lanes at a time, as `moments` wants them. As long as
/// the sites of a run share their second variances, as in dense networks, their terms are made once
/// a block.
template <class V, class Layer>
class SecondTerms {
  using T = scalar_t<V>;
  using Terms = decltype(site_terms_of(std::declval<const Layer&>(), V()));
  static constexpr bool stored = HasSiteTerms<Layer, V>;
  static constexpr std::int64_t width = V::lanes;

 public:
  /// Lanes of a block, whose terms are on the stack.
  static constexpr std::int64_t block = stored ? 256 : std::numeric_limits<std::int64_t>::max();

  /// The next n lanes.
  void go_to(const Layer& layer, const T* variances, std::int64_t n) {
    if (variances == at_) return;
    at_ = variances;
    if constexpr (stored) fill(layer, n);
  }
  [[nodiscard]] decltype(auto) operator[](std::int64_t lane) const {
    if constexpr (stored)
      return (terms_[static_cast<std::size_t>(lane / width)]);
    else
      return V::load(at_ + lane);
  }

 private:
  /// Instantiated once for all kinds of runs.
  [[gnu::noinline, gnu::flatten]] void fill(const Layer& layer, std::int64_t n) {
    for (std::int64_t lane = 0; lane < n; lane += width)
      terms_[static_cast<std::size_t>(lane / width)] = layer.site_terms(V::load(at_ + lane));
  }

  const T* at_ = nullptr;
  std::array<Terms, static_cast<std::size_t>(stored ? block / width : 0)> terms_;
};

/// A copy on the stack whose address no function takes: stores to fields cannot write to it, so its
/// members stay in registers.
template <class L>
using OwnCopy = std::conditional_t<std::is_trivially_copyable_v<L>, const L, const L&>;

/// What a run computes and how its pending map acts: known when the loop is compiled, or not.
struct WithoutNtk {  // all maps act in the same way
  static constexpr bool with_ntk = false;
  static constexpr Pending pending = Pending::general;
};
struct WithCommonNtk {
  static constexpr bool with_ntk = true;
  static constexpr Pending pending = Pending::common;
};
struct WithNtk {
  static constexpr bool with_ntk = true;
  Pending pending;
};

/// For runs in which the variance of the first sample is one number for all lanes of a site, as in
/// tiles of kernels. Flattened: all functions that `moments` calls are inlined, so that values stay
/// in registers.
template <class T, class Kind, class Layer>
[[gnu::flatten]] void sweep(const Layer& layer, const widelimit_run& run, const Kind kind) {
  OwnCopy<Layer> own = layer;
  using V = Vec<T>;
  constexpr auto width = static_cast<std::int64_t>(V::lanes);
  const Span span(run);
  PendingMap<V> map(pending_of(run, 0));
  if (pending_of(run, 0) == nullptr) map.bias = V(-0.0);  // k * 1 + -0.0 is k, even where k is -0.0
  const widelimit_variances& variances = *run.variances;
  const auto* const first = static_cast<const T*>(variances.first);
  const auto* const second = static_cast<const T*>(variances.second);

  using Second = SecondTerms<V, Layer>;
  Second second_terms;
  for (std::int64_t begin = 0; begin < span.lanes; begin += Second::block) {
    const std::int64_t n = std::min(Second::block, span.lanes - begin);
    for (std::int64_t site = span.first_site; site < span.last_site; ++site) {
      const std::int64_t entry = site * span.lanes + begin;
      const T* const k_at = static_cast<const T*>(run.inputs[0]->nngp) + entry;
      T* const value_at = static_cast<T*>(run.output->nngp) + entry;
      const auto* const theta_at =
          kind.with_ntk ? static_cast<const T*>(run.inputs[0]->ntk) + entry : nullptr;
      auto* const ntk_at = kind.with_ntk ? static_cast<T*>(run.output->ntk) + entry : nullptr;
      second_terms.go_to(layer, second + variances.second_at[site] * span.lanes + begin, n);
      const auto first_terms = site_terms_of(own, V(first[variances.first_at[site]]));
      for (std::int64_t lane = 0; lane < n; lane += width) {
        const V k = V::load(k_at + lane);
        const V mapped_k = kind.pending == Pending::none ? k : map.nngp(k);
        const auto write = [&](const auto& moments) {
          if (kind.with_ntk) {
            const V theta = map.ntk(kind.pending, k, mapped_k, V::load(theta_at + lane));
            (V(moments.slope) * theta).store(ntk_at + lane);
          }
          V(moments.value).store(value_at + lane);
        };
        // No copies of terms or moments: GCC would carry them through memory.
        write(own.moments(mapped_k, first_terms, second_terms[lane]));
      }
    }
  }
}

}  // namespace detail
}  // namespace widelimit::sdk
