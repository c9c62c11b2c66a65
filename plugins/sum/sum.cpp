// sum: branches added up, as in residual networks.
#include <widelimit/sdk/combine.hpp>

namespace {

namespace sdk = widelimit::sdk;

/// Of independent Gaussian branches of mean 0: K' and Theta' are the sums.
struct Sum {
  static constexpr auto name = "sum", version = "1.0.0", summary = "the sum of the inputs";
  static constexpr auto doc =
      R"(The sum of the inputs, which are assumed to be independent Gaussian processes of mean 0:
K' = sum of K_b, Theta' = sum of Theta_b. Each input is a network that is applied to the input of
this layer; [] is that input itself. A residual block:

    {"type": "sum", "inputs": [[], ["relu", {"type": "dense"}]]})";
  static constexpr bool linear = true;

  static void plan(sdk::Plan& plan) {
    plan.require_same_channels();
    plan.add_traits(WIDELIMIT_TRAIT_NEEDS_GAUSSIAN | WIDELIMIT_TRAIT_NEEDS_INDEPENDENT);
    plan.set_gaussian(true);
  }
  static auto join(auto a, auto b) {
    a.nngp += b.nngp;
    a.ntk += b.ntk;
    return a;
  }

  static void forward(const sdk::Pass& pass) {
    const auto y = pass.y();
    for (std::size_t i = 0; i < y.size(); ++i) {
      y[i] = 0;
      for (std::size_t b = 0; b < pass.inputs(); ++b) y[i] += pass.x(b)[i];
    }
  }
  static void vjp(const sdk::Pass& pass) {
    const auto y_bar = pass.y_bar();
    for (std::size_t b = 0; b < pass.inputs(); ++b) {
      const auto x_bar = pass.x_bar(b);
      for (std::size_t i = 0; i < x_bar.size(); ++i) x_bar[i] += y_bar[i];
    }
  }
};

}  // namespace

WIDELIMIT_PLUGIN("org.widelimit.sum", "0.1.0", Sum)
