// layer_norm: every activation is shifted and scaled to mean 0 and variance 1 (arXiv:1607.06450).
#include <widelimit/sdk/elementwise.hpp>

#include <cmath>

namespace {

namespace sdk = widelimit::sdk;

/// The numbers that share a mean and a variance, normalised.
class Normalised {
 public:
  Normalised(std::span<const double> x, double eps) : x_(x) {
    for (const double v : x) mean_ += v;
    mean_ /= size();
    double variance = 0;
    for (const double v : x) variance += (v - mean_) * (v - mean_);
    inverse_ = 1 / std::sqrt(variance / size() + eps);
  }
  double operator[](std::size_t i) const { return (x_[i] - mean_) * inverse_; }

  /// The Jacobian times v; it is its own transpose: (v - mean v - y mean(y v)) / deviation.
  [[nodiscard]] auto derivative(std::span<const double> v) const {
    double mean = 0, along = 0;
    for (std::size_t i = 0; i < v.size(); ++i) {
      mean += v[i];
      along += v[i] * (*this)[i];
    }
    return [this, v, shift = mean / size(), share = along / size()](std::size_t i) {
      return (v[i] - shift - (*this)[i] * share) * inverse_;
    };
  }

 private:
  [[nodiscard]] double size() const { return static_cast<double>(x_.size()); }

  std::span<const double> x_;
  double mean_ = 0, inverse_ = 0;
};

/// In the limit the mean over channels is 0 and the variance is K(x, x), a constant that
/// derivatives do not reach; with m = eps + variance, of each of the two samples,
///   K' = K / sqrt(m m'),   Theta' = Theta / sqrt(m m').
/// "channel" takes the variances of the two sites, "all" their means over sites.
struct LayerNorm {
  static constexpr auto name = "layer_norm", version = "1.0.0",
                        summary = "mean 0 and variance 1 over channels, or over sites too";
  static constexpr auto doc =
      R"(y = (x - mean) / sqrt(variance + eps), over the channels of each site ("channel") or over
all sites and channels ("all"). With m = eps + K(x, x), for "all" its mean over sites: K' = K /
sqrt(m m'), Theta' = Theta / sqrt(m m') (arXiv:1607.06450).)";

  enum class Axis { channel, all };

  static constexpr bool specialised_loops = true;
  Axis axis = Axis::channel;
  double eps = 1e-12;
  static constexpr auto params = std::tuple{
      sdk::field("axis", &LayerNorm::axis,
                 "what each mean and variance is taken over: the channels of one site, or all "
                 "sites and channels of one sample",
                 sdk::one_of("channel", "all")),
      sdk::field("eps", &LayerNorm::eps, "added to the variance", sdk::positive)};

  void plan(sdk::Plan& plan) const {
    plan.set_gaussian(true);
    plan.set_flops_per_entry(10);
    if (axis == Axis::all && !plan.in().spatial().empty())
      plan.add_traits(WIDELIMIT_TRAIT_NEEDS_SITE_MEAN);
  }

  auto moments(auto k, auto p, auto q) const {
    const auto deviation = geometric_mean(p + eps, q + eps);
    return sdk::Moments{k / deviation, 1 / deviation};
  }

  void forward(const sdk::Pass& pass) const {
    for_each_group(pass, [&](std::size_t begin, std::size_t n) {
      const Normalised x(pass.x().subspan(begin, n), eps);
      const auto y = pass.y().subspan(begin, n);
      for (std::size_t i = 0; i < n; ++i) y[i] = x[i];
    });
  }
  void jvp(const sdk::Pass& pass) const {
    for_each_group(pass, [&](std::size_t begin, std::size_t n) {
      const Normalised x(pass.x().subspan(begin, n), eps);
      const auto v = pass.x_dot().subspan(begin, n);
      const auto y_dot = pass.y_dot().subspan(begin, n);
      const auto slope = x.derivative(v);
      for (std::size_t i = 0; i < n; ++i) y_dot[i] = slope(i);
    });
  }
  void vjp(const sdk::Pass& pass) const {
    if (pass.x_bar().empty()) return;
    for_each_group(pass, [&](std::size_t begin, std::size_t n) {
      const Normalised x(pass.x().subspan(begin, n), eps);
      const auto v = pass.y_bar().subspan(begin, n);
      const auto x_bar = pass.x_bar().subspan(begin, n);
      const auto slope = x.derivative(v);
      for (std::size_t i = 0; i < n; ++i) x_bar[i] += slope(i);
    });
  }

 private:
  template <class F>
  void for_each_group(const sdk::Pass& pass, F f) const {
    const auto n =
        static_cast<std::size_t>(axis == Axis::all ? pass.in().size() : pass.in().channels());
    for (std::size_t begin = 0; begin < pass.x().size(); begin += n) f(begin, n);
  }
};

}  // namespace

WIDELIMIT_PLUGIN("org.widelimit.layer_norm", "0.1.0", LayerNorm)
