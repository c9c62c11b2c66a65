// flatten: all sites and channels become channels. Weights that follow are independent from site to
// site, so of the kernel only the mean over equal sites remains.
#include <widelimit/sdk/gathering.hpp>

#include <algorithm>
#include <array>

namespace {

namespace sdk = widelimit::sdk;

/// K' = mean over sites p of K[p, p], Theta' likewise: displacement 0 is all that is read.
struct Flatten {
  static constexpr auto name = "flatten", version = "1.0.0",
                        summary = "all sites and channels become channels";
  static constexpr auto doc =
      R"(All sites and channels become channels. K' = mean over p of K[p, p], Theta' = mean over p
of Theta[p, p].)";

  static void plan(sdk::Plan& plan) {
    if (plan.in().spatial().empty())
      throw sdk::unsupported(
          "flatten needs an input with spatial axes, and there are none: the data has none, or a "
          "flatten or global pooling came before; leave this layer out");
    plan.add_traits(WIDELIMIT_TRAIT_FLATTENS);
    std::int64_t size = plan.in().channels();
    for (const std::int64_t extent : plan.in().spatial())
      if (__builtin_mul_overflow(size, extent, &size))
        throw sdk::unsupported("the input has more numbers than 64 bits can count");
    plan.set_channels(size);
    plan.set_spatial({});
  }

  // ---- infinite width ----

  static void reads(sdk::Reads& reads) { reads.add(std::array<std::int64_t, 4>{}); }
  static void gather(const auto& from, const auto& to, const sdk::Shape& in) {
    sdk::add_sum(from, to, 1 / static_cast<double>(in.sites()));
  }

  // ---- finite width: the numbers stand in the right order already ----

  static void forward(const sdk::Pass& pass) {
    std::copy(pass.x().begin(), pass.x().end(), pass.y().begin());
  }
  static void vjp(const sdk::Pass& pass) {
    const auto y_bar = pass.y_bar();
    const auto x_bar = pass.x_bar();
    for (std::size_t i = 0; i < x_bar.size(); ++i) x_bar[i] += y_bar[i];
  }
};

}  // namespace

WIDELIMIT_PLUGIN("org.widelimit.flatten", "0.1.0", Flatten)
