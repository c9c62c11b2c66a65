// Linear layers, described as data: the engine applies their maps to kernels, on the fly in the
// loop of the next nonlinearity where it can. The author writes
//   Linear linear(const Shape& in) const;
// and, for finite networks, the methods of the general layer (layer.hpp): forward, jvp, vjp, and
// theta_size and init where there are weights. A layer without weights needs no jvp: its forward,
// which then is linear in x, is its own derivative.
//
// Thread safety: as layer.hpp says.
#pragma once

#include <widelimit/sdk/layer.hpp>
#include <widelimit/sdk/window.hpp>
#include <widelimit/sdk/wrapped.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace widelimit::sdk {

/// With A the weighted mean over the window of both positions at once, of numbers padded with
/// zeros:
///   K' = scale A K + bias,   Theta' = ntk_nngp A K + scale A Theta + ntk_bias.
/// (Weights independent across taps: math of dense and convolutional layers, arXiv:1806.07572,
/// arXiv:1810.05148.)
struct LinearMap {
  double scale = 1, bias = 0, ntk_nngp = 0, ntk_bias = 0;
  std::array<Axis, 4> axes{};

  /// Nothing is trained, or there is nothing to train: Theta' = scale A Theta.
  static LinearMap fixed(double scale, double bias = 0) { return {scale, bias, 0, 0, {}}; }
  /// Weights and biases of the layer z = sqrt(scale / fan_in) W x + sqrt(bias) b with W, b ~ N(0,
  /// 1) are trained (NTK parameterization): Theta' = K' + scale A Theta.
  static LinearMap ntk(double scale, double bias) { return {scale, bias, scale, bias, {}}; }
  /// The layer z = W x + b with W ~ N(0, scale / fan_in), b ~ N(0, bias) (standard
  /// parameterization, arXiv:2001.07301): Theta' = fan_in A K + scale A Theta + 1 if b exists.
  static LinearMap standard(double scale, double bias, double fan_in, bool has_bias) {
    return {scale, bias, fan_in, has_bias ? 1.0 : 0.0, {}};
  }
};

/// A linear layer's answer for one input shape.
struct Linear {
  LinearMap map{};
  /// Of the finite output: 0 where it is not given.
  std::int64_t channels = 0;
  /// Random weights of its own: what comes out is Gaussian, and its branch independent of others.
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
