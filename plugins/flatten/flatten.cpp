// flatten: all sites and channels become channels. Weights that follow are independent from site to
// site, so of the kernel only the mean over equal sites remains.
#include <widelimit/sdk/layer.hpp>

#include <algorithm>
#include <array>

namespace {

namespace sdk = widelimit::sdk;

/// K' = mean over sites p of K[p, p], Theta' likewise: displacement 0 is all that is read.
struct Flatten {
  static constexpr auto name = "flatten", version = "1.0.0",
                        summary = "all sites and channels become channels",
                        doc =
                            "All sites and channels become channels. K' = mean over p of K[p, p], "
                            "Theta' = mean over p of Theta[p, p].";

  static void plan(sdk::Plan& plan) {
    if (plan.in().spatial().empty())
      throw sdk::unsupported(
          "flatten needs an input with spatial axes, and there are none: the data has none, or a "
          "flatten or global pooling came before; leave this layer out");
    plan.set_nature(WIDELIMIT_GATHERING);
    plan.add_needs(WIDELIMIT_FLATTENS);
    plan.set_channels(plan.in().size());
    plan.set_spatial({});
    plan.set_flops_per_entry(2);
  }

  // ---- infinite width ----

  static void reads(sdk::Reads& reads) { reads.add(std::array<std::int64_t, 4>{}); }
  static void begin(const widelimit_gather&) {}
  static void accumulate(const widelimit_gather& gather) {
    sdk::with_precision(gather.input->dtype, [&](auto zero) {
      using T = decltype(zero);
      const sdk::FieldView<T> from(*gather.input), to(*gather.outputs[0]);
      const T share = T(1) / static_cast<T>(sdk::Shape(*gather.in_shape).sites());
      for (std::int64_t site = 0; site < from.sites(); site += block) {
        const std::int64_t end = std::min(from.sites(), site + block);
        for (std::size_t lane = 0; lane < to.nngp(0).size(); ++lane) {
          T nngp = 0, ntk = 0;
          for (std::int64_t s = site; s < end; ++s) {
            nngp += from.nngp(s)[lane];
            if (from.has_ntk()) ntk += from.ntk(s)[lane];
          }
          to.nngp(0)[lane] += share * nngp;
          if (from.has_ntk()) to.ntk(0)[lane] += share * ntk;
        }
      }
    });
  }
  static void finish(const widelimit_gather&) {}

  // ---- finite width: the numbers stand in the right order already ----

  static void forward(const sdk::Pass& pass) {
    std::copy(pass.x().begin(), pass.x().end(), pass.y().begin());
  }
  static void jvp(const sdk::Pass& pass) { forward(pass.tangent()); }
  static void vjp(const sdk::Pass& pass) {
    const auto y_bar = pass.y_bar();
    const auto x_bar = pass.x_bar();
    for (std::size_t i = 0; i < x_bar.size(); ++i) x_bar[i] += y_bar[i];
  }

 private:
  /// Sums of blocks of sites, then of blocks: the rounding errors of a long running sum in single
  /// precision would show.
  static constexpr std::int64_t block = 64;
};

}  // namespace

WIDELIMIT_PLUGIN("org.widelimit.flatten", "0.1.0", Flatten)
