// Layers that gather: a field of their output depends on several fields of their input, as in
// pooling and flattening. (If the layer is one linear map of sites, the same for all channels, use
// site_map.hpp, which generates all of this.) The author writes
//   void plan(Plan&) const;                the shape of the output
//   void reads(Reads&) const;              the input displacements that an output one needs
//   void gather(const auto& from, const auto& to, const Shape& in) const;
//                                          adds what the field `from` of an input of shape `in`
//                                          contributes to the field `to` of the output
// and, for finite networks, the methods of the general layer (layer.hpp); a layer without weights
// needs no jvp, because its forward is linear in x. `from` and `to` are FieldViews. Their
// precisions can differ: if many fields of single precision are added to one number, as in global
// pooling, `to` has double precision. An optional
//   void finish(const auto& to, const Shape& in) const;
// is called for each output field after all input fields have been gathered.
//
// Thread safety: as layer.hpp says.
#pragma once

#include <widelimit/sdk/detail/wrapped.hpp>
#include <widelimit/sdk/layer.hpp>
#include <widelimit/sdk/simd.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace widelimit::sdk {

template <class L>
concept HasGather = requires(const L layer, FieldView<double> from, FieldView<double> to,
                             Shape in) {
  layer.gather(from, to, in);
};

/// Calls f with every displacement (a std::array of 4 numbers) between two sites of `shape`, in
/// ascending order.
template <class F>
void for_each_displacement(const Shape& shape, F f) {
  std::array<std::int64_t, 4> n{1, 1, 1, 1};
  for (std::size_t axis = 0; axis < shape.spatial().size(); ++axis) n[axis] = shape.spatial()[axis];
  std::array<std::int64_t, 4> d{};
  for (d[0] = 1 - n[0]; d[0] < n[0]; ++d[0])
    for (d[1] = 1 - n[1]; d[1] < n[1]; ++d[1])
      for (d[2] = 1 - n[2]; d[2] < n[2]; ++d[2])
        for (d[3] = 1 - n[3]; d[3] < n[3]; ++d[3]) f(d);
}

namespace detail {

/// In single precision, a long running sum would have visible rounding errors. Therefore numbers
/// are summed in blocks of this size, the sums of blocks in blocks of this size, and those into the
/// output.
inline constexpr std::int64_t sum_block = 32;

/// Adds the lanes of the register to `to`, in the precision of `to`.
template <class V, class U>
void add_lanes(V sum, U* to) {
  if constexpr (std::is_same_v<scalar_t<V>, U>) {
    (V::load(to) + sum).store(to);
  } else {
    alignas(64) std::array<scalar_t<V>, V::lanes> lanes;
    sum.store(lanes.data());
    for (std::size_t i = 0; i < V::lanes; ++i) to[i] += static_cast<U>(lanes[i]);
  }
}

/// to [lanes] += weight times the sum over the sites of from [site][lanes].
template <class V, class U>
void add_sum_of(const scalar_t<V>* from, std::int64_t sites, std::int64_t lanes, double weight,
                U* to) {
  for (std::int64_t lane = 0; lane < lanes; lane += static_cast<std::int64_t>(V::lanes)) {
    V several = 0;
    for (std::int64_t site = 0; site < sites;) {
      const std::int64_t end = std::min(sites, site + sum_block);
      V block = 0;
      for (; site < end; ++site) block += V::load(from + site * lanes + lane);
      several += block;
      if (site % (sum_block * sum_block) == 0 || site == sites) {
        add_lanes(several * weight, to + lane);
        several = 0;
      }
    }
  }
}

}  // namespace detail

/// Adds `weight` times the sum of all sites of `from` to site `site` of `to`, NNGP and NTK.
template <class T, class U>
void add_sum(const FieldView<T>& from, const FieldView<U>& to, double weight,
             std::int64_t site = 0) {
  detail::add_sum_of<Vec<T>>(from.nngp(0).data(), from.sites(), from.lanes(), weight,
                             to.nngp(site).data());
  if (from.has_ntk())
    detail::add_sum_of<Vec<T>>(from.ntk(0).data(), from.sites(), from.lanes(), weight,
                               to.ntk(site).data());
}

namespace detail {

template <class L>
concept HasFinish = requires(const L layer, FieldView<double> to, Shape in) {
  layer.finish(to, in);
};

/// Running sums in double precision, for an output without sites in a network in single precision:
/// such a field receives a term for each of thousands of displacements. The sums are in scratch
/// memory from begin to finish.
struct DoubleSums {
  static constexpr std::int64_t most_lanes = 256;
  static constexpr std::uint64_t bytes = 2 * most_lanes * sizeof(double);

  static bool serve(const widelimit_gather& call) {
    return call.n_outputs == 1 && call.outputs[0]->rank == 0 &&
           call.outputs[0]->dtype == WIDELIMIT_F32 && call.outputs[0]->lanes <= most_lanes &&
           call.scratch != nullptr;
  }
  static widelimit_field field(const widelimit_gather& call) {
    widelimit_field sums = *call.outputs[0];
    sums.dtype = WIDELIMIT_F64;
    sums.nngp = call.scratch;
    if (sums.ntk != nullptr) sums.ntk = static_cast<double*>(call.scratch) + most_lanes;
    return sums;
  }
  static void clear(const widelimit_gather& call) {
    std::fill_n(static_cast<double*>(call.scratch), 2 * most_lanes, 0.0);
  }
  static void add_to_output(const widelimit_gather& call) {
    const widelimit_field sums = field(call);
    const FieldView<double> from(sums);
    const FieldView<float> to(*call.outputs[0]);
    for (std::size_t lane = 0; lane < to.nngp(0).size(); ++lane) {
      to.nngp(0)[lane] += static_cast<float>(from.nngp(0)[lane]);
      if (to.has_ntk()) to.ntk(0)[lane] += static_cast<float>(from.ntk(0)[lane]);
    }
  }
};

inline void begin_gathering(const widelimit_gather& call) {
  if (DoubleSums::serve(call)) DoubleSums::clear(call);
}

/// Calls f with the view of the input field and, in turn, the view of each output field.
template <class F>
void for_each_output(const widelimit_gather& call, F f) {
  with_precision(call.input->dtype, [&](auto from_zero) {
    const FieldView<decltype(from_zero)> from(*call.input);
    if (DoubleSums::serve(call)) {
      const widelimit_field sums = DoubleSums::field(call);
      f(from, FieldView<double>(sums));
      return;
    }
    for (std::int32_t i = 0; i < call.n_outputs; ++i) {
      if (call.outputs[i]->dtype != call.input->dtype)
        throw Error(WIDELIMIT_E_ARGUMENT,
                    "the fields of a gathering must have one precision: input and output differ");
      f(from, FieldView<decltype(from_zero)>(*call.outputs[i]));
    }
  });
}

inline void finish_gathering(const widelimit_gather& call) {
  if (DoubleSums::serve(call)) DoubleSums::add_to_output(call);
}

/// The general layer around a gathering one.
template <class L>
struct GatheringLayer : WrappedBatches<L, !OffersThetaSize<L>> {
  using WrappedBatches<L, !OffersThetaSize<L>>::WrappedBatches;
  using Wrapped<L>::own;

  static constexpr std::uint32_t min_inputs = 1, max_inputs = 1;

  void plan(Plan& plan) const {
    static_assert(Planned<L> && OffersReads<L>,
                  "a gathering layer needs plan(Plan&) const, the output's shape, and "
                  "reads(Reads&) const, the displacements of its input that one of its output is "
                  "made from");
    plan.set_nature(WIDELIMIT_GATHERING);
    plan.set_flops_per_entry(2);
    own.plan(plan);
    if (plan.out().spatial().empty()) plan.set_scratch(DoubleSums::bytes);
  }

  void reads(Reads& reads) const { own.reads(reads); }
  void begin(const widelimit_gather& call) const { begin_gathering(call); }
  void accumulate(const widelimit_gather& call) const {
    const Shape in(*call.in_shape[0]);
    for_each_output(call, [&](const auto& from, const auto& to) { own.gather(from, to, in); });
  }
  void finish(const widelimit_gather& call) const {
    finish_gathering(call);
    if constexpr (HasFinish<L>) {
      const Shape in(*call.in_shape[0]);
      for (std::int32_t i = 0; i < call.n_outputs; ++i)
        with_precision(call.outputs[i]->dtype, [&](auto zero) {
          own.finish(FieldView<decltype(zero)>(*call.outputs[i]), in);
        });
    }
  }
};

}  // namespace detail

template <HasGather L>
struct LayerOf<L> {
  using type = detail::GatheringLayer<L>;
};

}  // namespace widelimit::sdk
