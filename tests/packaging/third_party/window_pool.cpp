// A gathering layer as a stranger writes it: means over all windows of `reach` sites, those that
// hang over the border too, as channels. Its kernel sees pairs of sites less than `reach` apart.
#include <widelimit/sdk/gathering.hpp>

namespace {
namespace sdk = widelimit::sdk;

struct WindowPool {
  static constexpr auto
      name = "window_pool",
      version = "1.0.0",
      doc =
          "K' = sum over p, q of K[p, q] prod_a max(0, reach - |q_a - p_a|) / (reach^2 windows_a)";

  std::int64_t reach = 2;
  static constexpr auto params = std::tuple{sdk::field(
      "reach", &WindowPool::reach, "sites of a window along each axis", sdk::between(1, 64))};

  void plan(sdk::Plan& plan) const {
    if (plan.in().spatial().empty())
      throw sdk::unsupported(
          "window_pool needs an input with spatial axes: put it in front of flatten");
    plan.set_spatial({});
    plan.set_channels(plan.in().channels() * windows(plan.in()));
  }
  void reads(sdk::Reads& reads) const {
    sdk::for_each_displacement(reads.in(), [&](const auto& d) {
      if (shared(d) > 0) reads.add(d);
    });
  }
  void gather(const auto& from, const auto& to, const sdk::Shape& in) const {
    double weight = shared(from.displacement()) / static_cast<double>(windows(in));
    for (std::size_t a = 0; a < in.spatial().size(); ++a) weight /= double(reach * reach);
    sdk::add_sum(from, to, weight);
  }

  void forward(const sdk::Pass& pass) const {
    std::fill(pass.y().begin(), pass.y().end(), 0.0);
    each(pass, [&](std::size_t x, std::size_t y, double w) { pass.y()[y] += w * pass.x()[x]; });
  }
  void vjp(const sdk::Pass& pass) const {
    if (pass.x_bar().empty()) return;
    each(pass,
         [&](std::size_t x, std::size_t y, double w) { pass.x_bar()[x] += w * pass.y_bar()[y]; });
  }

 private:
  std::int64_t windows(const sdk::Shape& in) const {
    std::int64_t n = 1;
    for (const std::int64_t sites : in.spatial()) n *= sites + reach - 1;
    return n;
  }
  // Windows that hold both of two sites d apart.
  double shared(std::span<const std::int64_t> d) const {
    double n = 1;
    for (const std::int64_t x : d) n *= double(std::max<std::int64_t>(0, reach - std::abs(x)));
    return n;
  }
  // f(x, y, weight) for every site in every window.
  template <class F>
  void each(const sdk::Pass& pass, F f) const {
    const sdk::Shape in = pass.in();
    const std::int64_t c = in.channels(), n = windows(in);
    for (std::int64_t s = 0; s < pass.batch(); ++s)
      for (std::int64_t p = 0; p < in.sites(); ++p)
        for (std::int64_t w = 0; w < n; ++w) {  // window w of an axis: sites w - reach + 1 to w
          std::int64_t p_rest = p, w_rest = w;
          bool inside = true;
          double weight = 1;
          for (std::size_t a = in.spatial().size(); a-- > 0;) {
            const std::int64_t sites = in.spatial()[a], count = sites + reach - 1;
            const std::int64_t at = p_rest % sites, window = w_rest % count;
            inside = inside && at <= window && at > window - reach;
            weight /= double(reach);
            p_rest /= sites;
            w_rest /= count;
          }
          if (!inside) continue;
          for (std::int64_t i = 0; i < c; ++i)
            f(static_cast<std::size_t>((s * in.sites() + p) * c + i),
              static_cast<std::size_t>((s * n + w) * c + i), weight);
        }
  }
};
}  // namespace

WIDELIMIT_PLUGIN("com.example.window_pool", "1.0.0", WindowPool)
