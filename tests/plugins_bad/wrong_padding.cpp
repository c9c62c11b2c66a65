// x -> erf(x), right everywhere but behind a window that waits in front of it: the padding before
// the first site is forgotten, so the window stands a site too far on.
#include <widelimit/sdk/elementwise.hpp>

namespace {

namespace sdk = widelimit::sdk;

struct Erf {
  auto moments(auto k, auto p, auto q) const {
    const auto d = (1 + 2 * p) * (1 + 2 * q);
    const double a = 2 / std::numbers::pi;
    return sdk::Moments{a * asin(2 * k / sqrt(d)), 2 * a / sqrt(d - 4 * k * k)};
  }
};

struct WrongPadding {
  static constexpr auto name = "wrong_padding", version = "1.0.0",
                        doc = "x -> erf(x), with windows that forget their padding";
  static constexpr auto params = std::tuple{};

  static void plan(sdk::Plan& plan) {
    plan.set_nature(WIDELIMIT_POINTWISE);
    plan.add_traits(WIDELIMIT_TRAIT_NEEDS_VARIANCES | WIDELIMIT_TRAIT_NEEDS_GAUSSIAN |
                    WIDELIMIT_TRAIT_TAKES_PENDING);
    plan.set_max_window(3, 3);
    plan.set_gaussian(false);
    plan.set_flops_per_entry(60);
    plan.set_scratch(sdk::detail::bytes_of_row(plan.in()));
  }
  static void transform(const widelimit_run& run) {
    widelimit_run moved = run;
    const widelimit_linear* const map = sdk::detail::pending_of(run, 0);
    widelimit_linear wrong{};
    if (map != nullptr && map->rank > 0) {
      wrong = *map;
      wrong.pad_low[wrong.rank - 1] = 0;
    }
    const widelimit_linear* const pending[] = {map == nullptr ? nullptr : &wrong};
    if (map != nullptr && map->rank > 0) moved.pending = pending;
    sdk::detail::transform_field(Erf{}, moved);
  }
};

}  // namespace

WIDELIMIT_PLUGIN("org.example.wrong_padding", "1.0.0", WrongPadding)
