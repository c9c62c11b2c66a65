// Right layers of the kinds that a verifier finds hard: a function that grows exponentially, kinks,
// parameters that are related in ways that no schema says, a kernel that is not linear.
#include <widelimit/sdk.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

namespace {

namespace sdk = widelimit::sdk;

/// E[exp(u) exp(v)] = exp(p / 2 + q / 2 + k), and exp is its own derivative.
struct Exponential {
  static constexpr auto name = "exp_closed", version = "1.0.0", doc = "x -> exp(x)";

  auto moments(auto k, auto p, auto q) const {
    const auto value = exp((p + q) * 0.5 + k);
    return sdk::Moments{value, value};
  }
  double value(double x) const { return std::exp(x); }
  double slope(double x) const { return std::exp(x); }
};

/// The same, of images alone.
struct OnImages : Exponential {
  static constexpr auto name = "image_exp", doc = "x -> exp(x) on images";

  static void plan(sdk::Plan& plan) {
    if (plan.in().spatial().empty()) throw sdk::unsupported("image_exp takes images");
  }
};

/// E[cos(w u + s) cos(w v + s)]: a function that changes fast at large variance.
struct Wave {
  static constexpr auto name = "wave", version = "1.0.0", doc = "x -> cos(frequency x + shift)";

  double frequency = 1, shift = 0;
  static constexpr auto params =
      std::tuple{sdk::field("frequency", &Wave::frequency, "in radians", sdk::between(0.1, 3)),
                 sdk::field("shift", &Wave::shift, "in radians")};

  // Half of E[cos(w (u - v))] and of E[cos(w (u + v) + 2 s)].
  auto moments(auto k, auto p, auto q) const {
    const double w = frequency * frequency;
    const auto difference = exp((p + q - 2 * k) * (-w / 2)) * 0.5;
    const auto sum = exp((p + q + 2 * k) * (-w / 2)) * (0.5 * std::cos(2 * shift));
    return sdk::Moments{difference + sum, (difference - sum) * w};
  }
  double value(double x) const { return std::cos(frequency * x + shift); }
  double slope(double x) const { return -frequency * std::sin(frequency * x + shift); }
};

/// Kinks away from zero, which depend on a parameter, and no closed moments.
struct Clip {
  static constexpr auto name = "clip", version = "1.0.0", doc = "x -> min(max(x, low), high)";

  double low = -1, width = 2;
  static constexpr auto params =
      std::tuple{sdk::field("low", &Clip::low, "least value", sdk::between(-3, 3)),
                 sdk::field("width", &Clip::width, "greatest less least", sdk::between(0.1, 6))};

  auto kinks() const { return std::array{low, low + width}; }
  double value(double x) const { return std::min(std::max(x, low), low + width); }
  double slope(double x) const { return x > low && x < low + width ? 1 : 0; }
};

/// y[i] = x[begin + i] along every axis: `prepare` relates two parameters.
struct Crop {
  static constexpr auto name = "crop", version = "1.0.0", doc = "the sites begin to end - 1";

  std::int64_t begin = 0, end = 0;
  static constexpr auto params = std::tuple{
      sdk::field("begin", &Crop::begin, "first site", sdk::required, sdk::non_negative),
      sdk::field("end", &Crop::end, "the site after the last", sdk::required, sdk::positive)};

  void prepare() {
    if (begin >= end) throw sdk::invalid("/end", "must be above begin");
  }
  sdk::SiteMap sites(const sdk::Shape& in) const {
    if (in.spatial().empty()) throw sdk::unsupported("crop needs an input with spatial axes");
    sdk::SiteMap map;
    for (const std::int64_t n : in.spatial()) {
      if (end > n) throw sdk::invalid("/end", "is beyond an axis of " + std::to_string(n));
      sdk::AxisMap axis(n, end - begin);
      for (std::int64_t i = begin; i < end; ++i) axis.add(i - begin, i, 1);
      map.axes.push_back(axis);
    }
    return map;
  }
};

/// y[to] = x[to] / 2 + the sum of x[from] / 2 over the edges: lists of equal length, without loops.
struct Graph {
  static constexpr auto name = "graph", version = "1.0.0", doc = "a convolution on a graph";

  std::vector<std::int64_t> from, to;
  static constexpr auto params =
      std::tuple{sdk::field("from", &Graph::from, "of each edge", sdk::required, sdk::non_negative,
                            sdk::items(1, 20)),
                 sdk::field("to", &Graph::to, "of each edge", sdk::required, sdk::non_negative,
                            sdk::items(1, 20))};

  void prepare() {
    if (from.size() != to.size()) throw sdk::invalid("/to", "must be as long as from");
    for (std::size_t i = 0; i < to.size(); ++i)
      if (from[i] == to[i]) throw sdk::invalid("/to/" + std::to_string(i), "makes a loop");
  }
  sdk::SiteMap sites(const sdk::Shape& in) const {
    if (in.spatial().size() != 1) throw sdk::unsupported("graph needs nodes along one axis");
    const std::int64_t n = in.spatial()[0];
    for (std::size_t e = 0; e < to.size(); ++e)
      if (from[e] >= n || to[e] >= n)
        throw sdk::invalid("/from",
                           "names a node that an input of " + std::to_string(n) + " does not have");
    sdk::AxisMap axis(n, n);
    for (std::int64_t i = 0; i < n; ++i) {
      axis.add(i, i, 0.5);
      for (std::size_t e = 0; e < to.size(); ++e)
        if (to[e] == i) axis.add(i, from[e], 0.5);
    }
    sdk::SiteMap map;
    map.axes.push_back(axis);
    return map;
  }
};

/// A site's own activation times an independent branch's mean over sites, as attention with equal
/// scores has it: K'[i, j] = K[i, j] m and Theta'[i, j] = Theta[i, j] m + K[i, j] m', where m and
/// m' are the means of K and Theta over all pairs of sites.
struct Attention {
  static constexpr auto name = "attention", version = "1.0.0",
                        doc = "every site times the mean of another branch";

  static void plan(sdk::Plan& plan) {
    if (plan.in().spatial().empty()) throw sdk::unsupported("attention needs an input with sites");
    plan.set_nature(WIDELIMIT_GATHERING);
    plan.set_gaussian(false);
    plan.set_scratch(sizeof(Means));
  }
  static void reads(sdk::Reads& reads) {
    sdk::for_each_displacement(reads.in(), [&](const auto& d) { reads.add(d); });
  }
  static void begin(const widelimit_gather& call) {
    *static_cast<Means*>(call.scratch) = Means{};
    if (call.outputs[0]->lanes > most_lanes) throw sdk::unsupported("too many lanes");
  }
  static void accumulate(const widelimit_gather& call) {
    Means& means = *static_cast<Means*>(call.scratch);
    const auto sites = static_cast<double>(sdk::Shape(*call.in_shape[0]).sites());
    sdk::with_precision(call.input->dtype, [&](auto zero) {
      using View = sdk::FieldView<decltype(zero)>;
      const View from(*call.input);
      for (std::int64_t site = 0; site < from.sites(); ++site)
        for (std::size_t lane = 0; lane < from.nngp(site).size(); ++lane) {
          means.nngp[lane] += static_cast<double>(from.nngp(site)[lane]) / (sites * sites);
          if (from.has_ntk())
            means.ntk[lane] += static_cast<double>(from.ntk(site)[lane]) / (sites * sites);
        }
      for (std::int32_t i = 0; i < call.n_outputs; ++i) {
        const View to(*call.outputs[i]);
        if (!std::ranges::equal(to.displacement(), from.displacement())) continue;
        for (std::int64_t site = 0; site < to.sites(); ++site) {
          std::ranges::copy(from.nngp(site), to.nngp(site).begin());
          if (to.has_ntk()) std::ranges::copy(from.ntk(site), to.ntk(site).begin());
        }
      }
    });
  }
  static void finish(const widelimit_gather& call) {
    const Means& means = *static_cast<const Means*>(call.scratch);
    for (std::int32_t i = 0; i < call.n_outputs; ++i)
      sdk::with_precision(call.outputs[i]->dtype, [&](auto zero) {
        using T = decltype(zero);
        const sdk::FieldView<T> to(*call.outputs[i]);
        for (std::int64_t site = 0; site < to.sites(); ++site)
          for (std::size_t lane = 0; lane < to.nngp(site).size(); ++lane) {
            const auto k = static_cast<double>(to.nngp(site)[lane]);
            to.nngp(site)[lane] = static_cast<T>(k * means.nngp[lane]);
            if (to.has_ntk())
              to.ntk(site)[lane] = static_cast<T>(
                  static_cast<double>(to.ntk(site)[lane]) * means.nngp[lane] + k * means.ntk[lane]);
          }
      });
  }

 private:
  static constexpr std::int64_t most_lanes = 256;
  struct Means {
    std::array<double, most_lanes> nngp{}, ntk{};
  };
};

}  // namespace

WIDELIMIT_PLUGIN("org.example.good_layers", "1.0.0", Exponential, OnImages, Wave, Clip, Crop, Graph,
                 Attention)
