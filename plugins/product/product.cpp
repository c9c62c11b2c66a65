// product: branches multiplied number by number, as in gated networks.
#include <widelimit/sdk/combine.hpp>

namespace {

namespace sdk = widelimit::sdk;

/// Of independent branches: K' = product of K_b, and by the product rule Theta' = sum over b of
/// Theta_b times the product of the other K_c.
struct Product {
  static constexpr auto name = "product", version = "1.0.0", summary = "the product of the inputs";
  static constexpr auto doc =
      R"(The product of the inputs, entry by entry. The inputs are assumed to be independent: K' =
product of K_b, Theta' = sum over b of Theta_b times the product of the other K_c. Each input is a
network that is applied to the input of this layer; [] is that input itself:

    {"type": "product", "inputs": [[], ["erf", {"type": "dense"}]]})";

  static void plan(sdk::Plan& plan) {
    plan.require_same_channels();
    plan.add_traits(WIDELIMIT_TRAIT_NEEDS_INDEPENDENT);
  }
  static auto join(auto a, auto b) {
    return decltype(a){a.nngp * b.nngp, fma(a.ntk, b.nngp, a.nngp * b.ntk)};
  }

  static void forward(const sdk::Pass& pass) {
    const auto y = pass.y();
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = others(pass, pass.inputs(), i);
  }
  static void jvp(const sdk::Pass& pass) {
    const auto y_dot = pass.y_dot();
    for (std::size_t i = 0; i < y_dot.size(); ++i) {
      y_dot[i] = 0;
      for (std::size_t b = 0; b < pass.inputs(); ++b)
        y_dot[i] += pass.x_dot(b)[i] * others(pass, b, i);
    }
  }
  static void vjp(const sdk::Pass& pass) {
    const auto y_bar = pass.y_bar();
    for (std::size_t b = 0; b < pass.inputs(); ++b) {
      const auto x_bar = pass.x_bar(b);
      for (std::size_t i = 0; i < x_bar.size(); ++i) x_bar[i] += y_bar[i] * others(pass, b, i);
    }
  }

 private:
  /// Number i of all inputs but one, multiplied: a division would fail at 0.
  static double others(const sdk::Pass& pass, std::size_t left_out, std::size_t i) {
    double product = 1;
    for (std::size_t b = 0; b < pass.inputs(); ++b)
      if (b != left_out) product *= pass.x(b)[i];
    return product;
  }
};

}  // namespace

WIDELIMIT_PLUGIN("org.widelimit.product", "0.1.0", Product)
