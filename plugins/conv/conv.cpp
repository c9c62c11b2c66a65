// conv: convolution over 1 to 4 spatial axes, in NTK parameterization (arXiv:1806.07572) and in the
// standard one (arXiv:2001.07301).
#include "../affine/affine.hpp"
#include "patches.hpp"

namespace {

/// An affine layer on windows: the numbers under one window, taps by channels, are a row. Weights
/// of different taps are independent, so a window moves both sites of a covariance together and
/// the mean over its taps is all that remains (arXiv:1810.05148):
///   (A K)[i, j] = mean over taps t of K[i stride + t dilation - pad, j stride + t dilation - pad],
/// zeros around the image counted; then the rule of Affine with A K and A Theta, N being taps times
/// channels.
struct Conv : Affine {
  static constexpr auto name = "conv", version = "1.0.0",
                        summary = "convolution over 1 to 4 spatial axes";
  static constexpr auto doc =
      R"(z[i] = sum over taps t of W[t] x[i stride + t dilation - pad] + b. A window covers N =
taps x channels numbers. "ntk": the weights are W_std / sqrt(N) W and the bias is b_std b, with W,
b ~ N(0, 1); "standard": W ~ N(0, W_std^2 / N), b ~ N(0, b_std^2). Let A be the mean over the
taps, which moves both sites together and counts padding as zero. Then K' = W_std^2 A K + b_std^2,
and Theta' = K' + W_std^2 A Theta (ntk), or N A K + W_std^2 A Theta, plus 1 if there is a bias
(standard, arXiv:2001.07301), or W_std^2 A Theta if the layer is not trainable (arXiv:1810.05148,
arXiv:1904.11955). With padding "VALID", n sites become floor((n - reach) / stride) + 1, where
reach = (window - 1) dilation + 1. With "SAME" and "CIRCULAR" they become ceil(n / stride).)";

  std::optional<std::int64_t> channels;
  std::vector<std::int32_t> filter_shape, strides, dilation;
  sdk::Padding padding = sdk::Padding::valid;
  static constexpr auto params = std::tuple_cat(
      std::tuple{
          sdk::field("channels", &Conv::channels,
                     "output channels at finite width; the kernel depends on it only if a layer in "
                     "standard parameterization or a concat follows",
                     sdk::between(1, most_channels)),
          sdk::field("filter_shape", &Conv::filter_shape, "taps along each spatial axis",
                     sdk::required, sdk::items(1, 4), sdk::at_least(1)),
          sdk::field("strides", &Conv::strides,
                     "input sites from one output site to the next, along each axis; empty: all 1",
                     sdk::items(0, 4), sdk::at_least(1)),
          sdk::field("dilation", &Conv::dilation,
                     "input sites from one tap to the next, along each axis; empty: all 1",
                     sdk::items(0, 4), sdk::at_least(1)),
          sdk::field("padding", &Conv::padding,
                     "what windows read outside the image: nothing, because they stay inside "
                     "(VALID); zeros (SAME); the opposite end of the image (CIRCULAR)",
                     sdk::paddings)},
      affine_params);

  // ---- infinite width ----

  [[nodiscard]] sdk::Linear linear(const sdk::Shape& in) const {
    sdk::Linear answer;
    const auto axes = window_axes(in);
    answer.map = rule(in, taps(), "channels");
    answer.map.axes = axes;
    answer.channels = channels.value_or(0);
    answer.weights = true;
    return answer;
  }
  void plan(sdk::Plan& plan) const {
    if (plan.in().channels() > 0) plan.set_scratch(Patches::scratch_bytes(inputs(plan.in())));
  }

  // ---- finite width ----

  [[nodiscard]] std::int64_t theta_size(const sdk::Shape& in) const {
    return weights(inputs(in), finite_channels(), "/channels");
  }

  void init(const sdk::Shape& in, const sdk::Random& random, std::span<double> theta) const {
    initialise(inputs(in), finite_channels(), random, theta);
  }

  void forward(const sdk::Pass& pass) const {
    for_each_block(pass, [&](const Patches& patches, const Block& block) {
      affine(sizes(block), patches.gather(block, pass.x()), pass.theta(), block.rows_of(pass.y()));
    });
  }

  void jvp(const sdk::Pass& pass) const {
    const bool by_theta = trainable && !pass.theta_dot().empty();
    for_each_block(pass, [&](const Patches& patches, const Block& block) {
      double* const y_dot = block.rows_of(pass.y_dot());
      if (by_theta) affine(sizes(block), patches.gather(block, pass.x()), pass.theta_dot(), y_dot);
      multiply(sizes(block), patches.gather(block, pass.x_dot()), pass.theta().data(),
               by_theta ? 1 : 0, y_dot);
    });
  }

  void vjp(const sdk::Pass& pass) const {
    for_each_block(pass, [&](const Patches& patches, const Block& block) {
      const double* const y_bar = block.rows_of(pass.y_bar());
      if (trainable && !pass.theta_bar().empty())
        add_gradient(sizes(block), patches.gather(block, pass.x()), y_bar, pass.theta_bar().data());
      if (pass.x_bar().empty()) return;
      multiply_back(sizes(block), y_bar, pass.theta().data(), 0, patches.memory());
      patches.scatter(block, pass.x_bar());
    });
  }

 private:
  [[nodiscard]] std::array<sdk::Axis, 4> window_axes(const sdk::Shape& in) const {
    return sdk::window_axes(in, {"filter_shape", filter_shape, strides, dilation, padding});
  }
  [[nodiscard]] std::int64_t taps() const {
    std::int64_t n = 1;
    for (const std::int32_t k : filter_shape) n = product(n, k);
    return n;
  }
  [[nodiscard]] std::int64_t inputs(const sdk::Shape& in) const {
    return product(taps(), in.channels());
  }
  [[nodiscard]] static std::int64_t product(std::int64_t a, std::int64_t b) {
    std::int64_t n = 0;
    if (__builtin_mul_overflow(a, b, &n))
      throw sdk::invalid("/filter_shape", "gives more numbers under a window than 64 bits count");
    return n;
  }
  [[nodiscard]] std::int64_t finite_channels() const {
    if (!channels) throw sdk::invalid("/channels", "is missing: a finite network needs it");
    return *channels;
  }

  [[nodiscard]] static Sizes sizes(const Block& block) {
    return {blas_size(block.rows), blas_size(block.in), blas_size(block.out)};
  }
  template <class F>
  void for_each_block(const sdk::Pass& pass, F f) const {
    const Patches patches(pass, window_axes(pass.in()));
    for (Block block = patches.first(); block.rows > 0; block = patches.next(block))
      f(patches, block);
  }
};

}  // namespace

WIDELIMIT_PLUGIN("org.widelimit.conv", "0.1.0", Conv)
