// Pooling: means and sums over windows, and over all sites. The two sites of a covariance move
// independently, so one displacement of the output is made from many of the input.
#include <widelimit/sdk/site_map.hpp>
#include <widelimit/sdk/window.hpp>

#include <vector>

namespace {

namespace sdk = widelimit::sdk;

/// y[i] = sum over the window of i of x[p] / c_i, channel by channel, so
///   K'[i, j] = sum over p in the window of i, q in that of j, of K[p, q] / (c_i c_j),
/// Theta' likewise; numbers around the image are zero. What c is, types derived from this say.
struct Windows {
  std::vector<std::int32_t> window_shape, strides;
  sdk::Padding padding = sdk::Padding::valid;
  static constexpr auto window_params = std::tuple{
      sdk::field("window_shape", &Windows::window_shape, "sites along each spatial axis",
                 sdk::required, sdk::items(1, 4), sdk::at_least(1)),
      sdk::field("strides", &Windows::strides,
                 "input sites from one output site to the next, along each axis; empty: all 1",
                 sdk::items(0, 4), sdk::at_least(1)),
      sdk::field("padding", &Windows::padding,
                 "what windows read outside the image: nothing, because they stay inside (VALID); "
                 "zeros (SAME); the opposite end of the image (CIRCULAR)",
                 sdk::paddings)};

  /// What the sum is divided by along one axis: nothing, the taps of the window, or those inside
  /// the image.
  enum class Divisor { one, taps, taps_inside };
  [[nodiscard]] sdk::SiteMap map(const sdk::Shape& in, Divisor divisor) const {
    const auto axes = sdk::window_axes(in, {"window_shape", window_shape, strides, {}, padding});
    sdk::SiteMap answer;
    for (std::size_t a = 0; a < in.spatial().size(); ++a) {
      const sdk::Axis& axis = axes[a];
      const std::int64_t sites = in.spatial()[a];
      sdk::AxisMap of_axis(sites, sdk::output_extent(sites, axis));
      for (std::int64_t i = 0; i < of_axis.rows(); ++i) {
        std::int64_t inside = 0;
        const auto for_each_site = [&](auto f) {
          for (std::int64_t tap = 0; tap < axis.window; ++tap)
            if (const std::int64_t p = sdk::site_of_tap(axis, sites, i, tap); p >= 0) f(p);
        };
        for_each_site([&](std::int64_t) { ++inside; });
        const auto taps = divisor == Divisor::one    ? 1
                          : divisor == Divisor::taps ? axis.window
                                                     : inside;
        const double weight = 1 / static_cast<double>(taps);
        for_each_site([&](std::int64_t p) { of_axis.add(i, p, weight); });
      }
      answer.axes.push_back(std::move(of_axis));
    }
    return answer;
  }
};

struct AvgPool : Windows {
  static constexpr auto name = "avg_pool", version = "1.0.0", summary = "mean over windows";
  static constexpr auto doc =
      R"(y[i] = sum over the window of i of x / c_i; c_i is the number of sites of the window, or
with normalize_edges of those inside the image. K'[i, j] = sum over p in the window of i, q in
that of j, of K[p, q] / (c_i c_j), Theta' likewise.)";

  bool normalize_edges = false;
  static constexpr auto params = std::tuple_cat(
      window_params,
      std::tuple{sdk::field("normalize_edges", &AvgPool::normalize_edges,
                            "divide by the sites inside the image instead of all sites of the "
                            "window")});

  [[nodiscard]] sdk::SiteMap sites(const sdk::Shape& in) const {
    return map(in, normalize_edges ? Divisor::taps_inside : Divisor::taps);
  }
};

struct SumPool : Windows {
  static constexpr auto name = "sum_pool", version = "1.0.0", summary = "sum over windows";
  static constexpr auto doc =
      R"(y[i] = sum over the window of i of x. K'[i, j] = sum over p in the window of i, q in that
of j, of K[p, q], Theta' likewise.)";

  static constexpr auto params = window_params;

  [[nodiscard]] sdk::SiteMap sites(const sdk::Shape& in) const { return map(in, Divisor::one); }
};

/// One output without sites, of all sites weighted with `weight` along each axis.
template <class F>
sdk::SiteMap all_sites(const sdk::Shape& in, F weight) {
  if (in.spatial().empty())
    throw sdk::unsupported(
        "global pooling needs an input with spatial axes, and there are none: the data has none, "
        "or a flatten or global pooling came before; leave this layer out");
  sdk::SiteMap answer{{}, false};
  for (const std::int64_t sites : in.spatial()) {
    sdk::AxisMap of_axis(sites, 1);
    for (std::int64_t p = 0; p < sites; ++p) of_axis.add(0, p, weight(static_cast<double>(sites)));
    answer.axes.push_back(std::move(of_axis));
  }
  return answer;
}

struct GlobalAvgPool {
  static constexpr auto name = "global_avg_pool", version = "1.0.0",
                        summary = "mean over all sites";
  static constexpr auto doc =
      R"(The mean over all sites; the output has none. With P sites K' = sum over p, q of K[p, q]
/ P^2, Theta' likewise. Every displacement of the input is read.)";

  [[nodiscard]] static sdk::SiteMap sites(const sdk::Shape& in) {
    return all_sites(in, [](double n) { return 1 / n; });
  }
};

struct GlobalSumPool {
  static constexpr auto name = "global_sum_pool", version = "1.0.0", summary = "sum over all sites";
  static constexpr auto doc =
      R"(The sum over all sites; the output has none. K' = sum over p, q of K[p, q], Theta'
likewise. Every displacement of the input is read.)";

  [[nodiscard]] static sdk::SiteMap sites(const sdk::Shape& in) {
    return all_sites(in, [](double) { return 1.0; });
  }
};

}  // namespace

WIDELIMIT_PLUGIN("org.widelimit.pool", "0.1.0", AvgPool, SumPool, GlobalAvgPool, GlobalSumPool)
