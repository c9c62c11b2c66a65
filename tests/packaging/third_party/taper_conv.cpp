// A linear layer with sites as a stranger writes it, with its finite layer: a convolution whose
// taps have unequal variances, 1/4, 1/2, 1/4 along every axis, zeros around.
#include <widelimit/sdk/linear.hpp>

namespace {
namespace sdk = widelimit::sdk;

struct TaperConv {
  static constexpr auto name = "taper_conv", version = "1.0.0",
                        doc =
                            "z[i, o] = sum over t, c of sqrt(share_t / n) W[t, c, o] x[i + t - 1, "
                            "c], W ~ N(0, 1), shares 1/4, 1/2, 1/4";

  std::int64_t channels = 8;
  std::vector<std::int32_t> strides;
  static constexpr auto params = std::tuple{
      sdk::field("channels", &TaperConv::channels, "of the finite layer", sdk::between(1, 4096)),
      sdk::field("strides", &TaperConv::strides, "along each axis", sdk::at_least(1),
                 sdk::items(0, 4))};

  sdk::Linear linear(const sdk::Shape& in) const {
    return {.map = map(in), .channels = channels, .weights = true};
  }
  std::int64_t theta_size(const sdk::Shape& in) const {
    return taps(in) * in.channels() * channels;
  }
  void init(const sdk::Shape&, const sdk::Random& random, std::span<double> theta) const {
    random.normals(0, theta);
  }

  void forward(const sdk::Pass& pass) const {
    std::fill(pass.y().begin(), pass.y().end(), 0.0);
    each(pass, [&](auto y, auto w, auto x, double f) {
      pass.y()[y] += f * pass.theta()[w] * pass.x()[x];
    });
  }
  void jvp(const sdk::Pass& pass) const {
    std::fill(pass.y_dot().begin(), pass.y_dot().end(), 0.0);
    each(pass, [&](auto y, auto w, auto x, double f) {
      pass.y_dot()[y] += f * pass.theta()[w] * pass.x_dot()[x];
      if (!pass.theta_dot().empty()) pass.y_dot()[y] += f * pass.theta_dot()[w] * pass.x()[x];
    });
  }
  void vjp(const sdk::Pass& pass) const {
    each(pass, [&](auto y, auto w, auto x, double f) {
      if (!pass.theta_bar().empty()) pass.theta_bar()[w] += f * pass.y_bar()[y] * pass.x()[x];
      if (!pass.x_bar().empty()) pass.x_bar()[x] += f * pass.y_bar()[y] * pass.theta()[w];
    });
  }

 private:
  static constexpr double shares[3] = {0.25, 0.5, 0.25};
  sdk::LinearMap map(const sdk::Shape& in) const {
    auto map = sdk::LinearMap::ntk(1, 0);
    const std::vector<std::int32_t> window(in.spatial().size(), 3);
    map.axes = sdk::window_axes(in, {.name = "strides",
                                     .window = window,
                                     .strides = strides,
                                     .dilation = {},
                                     .padding = sdk::Padding::same});
    for (std::size_t a = 0; a < in.spatial().size(); ++a) map.axes[a].weight = shares;
    return map;
  }
  static std::int64_t taps(const sdk::Shape& in) {
    std::int64_t n = 1;
    for (std::size_t a = 0; a < in.spatial().size(); ++a) n *= 3;
    return n;
  }
  template <class F>
  void each(const sdk::Pass& pass, F f) const {
    const sdk::Shape in = pass.in(), out = pass.out();
    const auto axes = map(in).axes;
    const std::int64_t c = in.channels();
    for (std::int64_t i = 0; i < out.sites(); ++i)
      for (std::int64_t t = 0; t < taps(in); ++t) {
        std::int64_t i_rest = i, t_rest = t, p = 0, step = 1;
        bool inside = true;
        double share = 1;
        for (std::size_t a = in.spatial().size(); a-- > 0;) {
          const std::int64_t at =
              sdk::site_of_tap(axes[a], in.spatial()[a], i_rest % out.spatial()[a], t_rest % 3);
          inside = inside && at >= 0;
          share *= shares[t_rest % 3];
          p += at * step;
          step *= in.spatial()[a];
          i_rest /= out.spatial()[a];
          t_rest /= 3;
        }
        if (!inside) continue;
        for (std::int64_t s = 0; s < pass.batch(); ++s)
          for (std::int64_t j = 0; j < c; ++j)
            for (std::int64_t o = 0; o < channels; ++o)
              f(static_cast<std::size_t>((s * out.sites() + i) * channels + o),
                static_cast<std::size_t>((t * c + j) * channels + o),
                static_cast<std::size_t>((s * in.sites() + p) * c + j),
                std::sqrt(share / double(c)));
      }
  }
};
}  // namespace

WIDELIMIT_PLUGIN("com.example.taper_conv", "1.0.0", TaperConv)
