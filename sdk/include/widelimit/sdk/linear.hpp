// Linear layers, described as data. The engine applies their maps to kernels, if possible inside
// the loop of the next nonlinearity. The author writes
//   Linear linear(const Shape& in) const;
// and, for finite networks, the methods of the general layer (layer.hpp): forward, jvp, vjp, and
// theta_size and init if there are weights. A layer without weights needs no jvp, because its
// forward is linear in x.
//
// Thread safety: as layer.hpp says.
#pragma once

#include <widelimit/sdk/detail/wrapped.hpp>
#include <widelimit/sdk/layer.hpp>
#include <widelimit/sdk/window.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace widelimit::sdk {

/// A is the weighted mean over the window, applied to both sites at once, with zero padding unless
/// the axis is circular:
///   K' = scale A K + bias,   Theta' = ntk_nngp A K + scale A Theta + ntk_bias.
/// The weights must be independent across taps (arXiv:1806.07572, arXiv:1810.05148).
struct LinearMap {
  double scale = 1, bias = 0, ntk_nngp = 0, ntk_bias = 0;
  std::array<Axis, 4> axes{};

  /// Without weights, or with weights that are not trained: Theta' = scale A Theta.
  static LinearMap fixed(double scale, double bias = 0) { return {scale, bias, 0, 0, {}}; }
  /// NTK parameterization: z = sqrt(scale / fan_in) W x + sqrt(bias) b with trained W, b ~ N(0, 1).
  /// Theta' = K' + scale A Theta.
  static LinearMap ntk(double scale, double bias) { return {scale, bias, scale, bias, {}}; }
  /// Standard parameterization (arXiv:2001.07301): z = W x + b with trained W ~ N(0, scale /
  /// fan_in) and b ~ N(0, bias). Theta' = fan_in A K + scale A Theta, plus 1 if there is a bias.
  static LinearMap standard(double scale, double bias, double fan_in, bool has_bias) {
    return {scale, bias, fan_in, has_bias ? 1.0 : 0.0, {}};
  }
};

/// What a linear layer returns for one input shape.
struct Linear {
  LinearMap map{};
  /// Channels of the output at finite width; 0: unknown.
  std::int64_t channels = 0;
  /// True if the layer has random weights. Then its output is Gaussian, and its branch is
  /// independent of other branches.
  bool weights = false;
};

template <class L>
concept HasLinear = requires(const L layer, const Shape in) {
  Linear{layer.linear(in)};
};

namespace detail {

/// The general layer around a linear one.
template <class L>
struct LinearLayer : WrappedBatches<L, !OffersThetaSize<L>> {
  using WrappedBatches<L, !OffersThetaSize<L>>::WrappedBatches;
  using Wrapped<L>::own;

  static constexpr std::uint32_t min_inputs = 1, max_inputs = 1;

  void plan(Plan& plan) const {
    const Linear answer = own.linear(plan.in());
    widelimit_linear& map = *plan.raw().linear;
    map.rank = static_cast<std::int32_t>(plan.in().spatial().size());
    map.circular = 0;
    for (std::size_t axis = 0; axis < plan.in().spatial().size(); ++axis) {
      const Axis& a = answer.map.axes[axis];
      map.window[axis] = a.window;
      map.stride[axis] = a.stride;
      map.dilation[axis] = a.dilation;
      map.pad_low[axis] = a.pad_low;
      map.pad_high[axis] = a.pad_high;
      map.weight[axis] = a.weight;
      if (a.circular) map.circular |= 1U << axis;
    }
    map.scale = answer.map.scale;
    map.bias = answer.map.bias;
    map.ntk_nngp = answer.map.ntk_nngp;
    map.ntk_bias = answer.map.ntk_bias;
    plan.set_nature(WIDELIMIT_LINEAR);
    plan.set_spatial(output_extents(plan.in(), answer.map.axes));
    plan.set_channels(answer.channels);
    plan.set_flops_per_entry(4);
    if (answer.weights) {
      plan.add_traits(WIDELIMIT_TRAIT_HAS_WEIGHTS);
      plan.set_gaussian(true);
    }
    if constexpr (Planned<L>) own.plan(plan);
  }
};

}  // namespace detail

template <HasLinear L>
struct LayerOf<L> {
  using type = detail::LinearLayer<L>;
};

}  // namespace widelimit::sdk
