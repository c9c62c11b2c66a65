// Layers with several inputs, such as sums, products and concatenations. The inputs are combined
// from left to right. Each input may have its own pending map. The author writes
//   auto join(auto a, auto b) const;            combines the Covariances of two inputs
//   auto enter(auto x, auto share) const;       optional: transforms an input first; share is the
//                                               fraction of all channels that belong to it
//   void plan(Plan&) const;                     checks the inputs, sets the shape of the output
// and, for finite networks, the methods of the general layer (layer.hpp). A layer without weights
// whose forward is linear in all inputs together may declare `static constexpr bool linear = true;`
// and then needs no jvp.
//
// Thread safety: as layer.hpp says.
#pragma once

#include <widelimit/sdk/detail/pointwise.hpp>
#include <widelimit/sdk/detail/wrapped.hpp>
#include <widelimit/sdk/layer.hpp>
#include <widelimit/sdk/math.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace widelimit::sdk {

/// NNGP and NTK of one input, or of several combined; numbers or vectors.
template <class V>
struct Covariance {
  V nngp, ntk;
};

template <class L>
concept HasJoin = requires(const L layer, Covariance<Vec<double>> c) {
  Covariance<Vec<double>>{layer.join(c, c)};
};

namespace detail {

template <class L>
concept HasEnter = requires(const L layer, Covariance<Vec<double>> c, Vec<double> share) {
  Covariance<Vec<double>>{layer.enter(c, share)};
};

template <class L>
concept SaysLinear = requires {
  requires L::linear;
};

/// One input of a run, ready for the loop.
template <class V>
struct CombinedInput {
  using T = scalar_t<V>;
  const T *nngp, *ntk;
  Pending kind;
  PendingMap<V> map;
  V share;

  CombinedInput() = default;
  CombinedInput(const widelimit_run& run, std::uint32_t i, double part)
      : nngp(static_cast<const T*>(run.inputs[i]->nngp)),
        ntk(static_cast<const T*>(run.inputs[i]->ntk)),
        kind(pending_kind(pending_of(run, i))),
        map(pending_of(run, i)),
        share(part) {}

  template <bool with_ntk>
  [[nodiscard]] Covariance<V> at(std::int64_t entry) const {
    const V k = V::load(nngp + entry);
    const V theta = with_ntk ? V::load(ntk + entry) : V(0);
    if (kind == Pending::none) return {k, theta};
    const V mapped_k = map.nngp(k);
    return {mapped_k, with_ntk ? map.ntk(kind, k, mapped_k, theta) : theta};
  }
};

template <class L>
double share_of_input(const widelimit_run& run, std::uint32_t input) {
  if constexpr (HasEnter<L>) {
    double channels = 0;
    for (std::uint32_t i = 0; i < run.n_inputs; ++i)
      channels += static_cast<double>(run.in_shape[i]->channels);
    return static_cast<double>(run.in_shape[input]->channels) / channels;
  } else {
    return 1;
  }
}

/// The loop of a combining layer over one run.
template <class T, bool with_ntk, class L>
void sweep_combined(const L& layer, const widelimit_run& run) {
  using V = Vec<T>;
  const Span span(run);
  const std::int64_t first = span.first_site * span.lanes, last = span.last_site * span.lanes;
  T* const nngp = static_cast<T*>(run.output->nngp);
  T* const ntk = static_cast<T*>(run.output->ntk);

  // Blocks of a few inputs keep their descriptions on the stack whatever their number is; between
  // blocks the output carries what was joined so far.
  constexpr std::uint32_t block = 8;
  std::array<CombinedInput<V>, block> inputs;
  for (std::uint32_t begin = 0; begin < run.n_inputs; begin += block) {
    const std::uint32_t n = std::min(block, run.n_inputs - begin);
    for (std::uint32_t i = 0; i < n; ++i)
      inputs[i] = CombinedInput<V>(run, begin + i, share_of_input<L>(run, begin + i));
    const auto entered = [&](std::uint32_t i, std::int64_t entry) -> Covariance<V> {
      const Covariance<V> x = inputs[i].template at<with_ntk>(entry);
      if constexpr (HasEnter<L>)
        return layer.enter(x, inputs[i].share);
      else
        return x;
    };
    for (std::int64_t entry = first; entry < last; entry += static_cast<std::int64_t>(V::lanes)) {
      Covariance<V> joined;
      if (begin == 0)
        joined = entered(0, entry);
      else
        joined = {V::load(nngp + entry), with_ntk ? V::load(ntk + entry) : V(0)};
      for (std::uint32_t i = begin == 0 ? 1 : 0; i < n; ++i)
        joined = layer.join(joined, entered(i, entry));
      joined.nngp.store(nngp + entry);
      if constexpr (with_ntk) joined.ntk.store(ntk + entry);
    }
  }
}

template <class T, class L>
void sweep_combined_for_ntk(const L& layer, const widelimit_run& run) {
  if (run.output->ntk == nullptr)
    sweep_combined<T, false>(layer, run);
  else
    sweep_combined<T, true>(layer, run);
}

/// The general layer around a combining one.
template <class L>
struct CombiningLayer : WrappedBatches<L, SaysLinear<L>> {
  using WrappedBatches<L, SaysLinear<L>>::WrappedBatches;
  using Wrapped<L>::own;

  static constexpr std::uint32_t min_inputs = min_inputs_or<L>(2);
  static constexpr std::uint32_t max_inputs = max_inputs_or<L>(0);

  void plan(Plan& plan) const {
    static_assert(Planned<L>,
                  "a combining layer needs plan(Plan&) const: what its inputs must "
                  "have in common, and the output's shape");
    plan.set_nature(WIDELIMIT_POINTWISE);
    plan.add_traits(WIDELIMIT_TRAIT_TAKES_PENDING);
    plan.set_gaussian(false);
    plan.set_flops_per_entry(6 * static_cast<double>(plan.inputs()));
    plan.require_same_sites();
    if constexpr (HasEnter<L>)
      for (std::size_t i = 0; i < plan.inputs(); ++i)
        if (plan.in(i).channels() <= 0)
          throw unsupported(
              "the kernel depends on the number of channels of each input, and that "
              "of input " +
              std::to_string(i) +
              " is not given: write the width of the last layer in that branch");
    own.plan(plan);
  }

  void transform(const widelimit_run& run) const {
    check_run(run, false);
    if (run.output->dtype == WIDELIMIT_F32)
      sweep_combined_for_ntk<float>(own, run);
    else
      sweep_combined_for_ntk<double>(own, run);
  }
};

}  // namespace detail

template <HasJoin L>
struct LayerOf<L> {
  using type = detail::CombiningLayer<L>;
};

}  // namespace widelimit::sdk
