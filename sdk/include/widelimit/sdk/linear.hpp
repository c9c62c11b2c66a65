// Linear layers, described as data: the engine applies their maps to kernels, on the fly in the
// loop of the next nonlinearity where it can. The author writes
//   Linear linear(const Shape& in) const;
// and, for finite networks, the methods of the general layer (layer.hpp): forward, jvp, vjp, and
// theta_size and init where there are weights. A layer without weights needs no jvp: its forward,
// which then is linear in x, is its own derivative.
//
// Threading: as layer.hpp says.
#pragma once

#include <widelimit/sdk/layer.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace widelimit::sdk {

/// How one spatial axis of a map is traversed; as it stands, a map of one site.
struct Axis {
  std::int32_t window = 1, stride = 1, dilation = 1, pad_low = 0, pad_high = 0;
  bool circular = false;
  /// A tap's share of the variance; NULL: 1 / window each. Lives as long as the layer.
  const double* weight = nullptr;
};

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

inline std::int64_t output_extent(std::int64_t input, const Axis& axis) {
  const std::int64_t reach = std::int64_t{axis.window - 1} * axis.dilation + 1;
  const std::int64_t padded = input + axis.pad_low + axis.pad_high;
  if (axis.window < 1 || axis.stride < 1 || axis.dilation < 1 || padded < reach)
    throw unsupported("a window that spans " + std::to_string(reach) +
                      " sites does not fit into an axis of " + std::to_string(padded));
  return (padded - reach) / axis.stride + 1;
}

/// The general layer around a linear one.
template <class L>
struct LinearLayer {
  L own;

  static constexpr std::uint32_t min_inputs = 1, max_inputs = 1;

  void plan(Plan& plan) const {
    const Linear answer = own.linear(plan.in());
    widelimit_linear& map = *plan.raw().linear;
    map.rank = static_cast<std::int32_t>(plan.in().spatial().size());
    map.circular = 0;
    std::vector<std::int64_t> extents;
    for (std::size_t axis = 0; axis < plan.in().spatial().size(); ++axis) {
      const Axis& a = answer.map.axes[axis];
      extents.push_back(output_extent(plan.in().spatial()[axis], a));
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
    plan.set_spatial(extents);
    plan.set_channels(answer.channels);
    plan.set_flops_per_entry(4);
    if (answer.weights) {
      plan.add_needs(WIDELIMIT_HAS_WEIGHTS);
      plan.set_gaussian(true);
    }
    if constexpr (Planned<L>) own.plan(plan);
  }

  std::int64_t theta_size(const Shape& in) const requires OffersThetaSize<L> {
    return own.theta_size(in);
  }
  void init(const Shape& in, const Random& random,
            std::span<double> theta) const requires OffersInit<L> {
    own.init(in, random, theta);
  }
  void forward(const Pass& pass) const requires OffersForward<L> { own.forward(pass); }
  void jvp(const Pass& pass) const
      requires(OffersJvp<L> || (OffersForward<L> && !OffersThetaSize<L>)) {
    if constexpr (OffersJvp<L>)
      own.jvp(pass);
    else
      own.forward(pass.tangent());
  }
  void vjp(const Pass& pass) const requires OffersVjp<L> { own.vjp(pass); }
};

}  // namespace detail

template <HasLinear L>
struct LayerOf<L> {
  using type = detail::LinearLayer<L>;
};

}  // namespace widelimit::sdk
