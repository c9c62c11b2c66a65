// bump: the layer x -> a exp(-x^2 / 2).
#include <widelimit/sdk/elementwise.hpp>

namespace {

namespace sdk = widelimit::sdk;

/// With D = (1 + p)(1 + q) - k^2: E[f(u) f(v)] = a^2 / sqrt(D), E[f'(u) f'(v)] = a^2 k / D^(3/2),
/// for (u, v) ~ N(0, [[p, k], [k, q]]): Gaussian integrals.
struct Bump {
  static constexpr auto name = "bump", version = "1.0.0", summary = "x -> a exp(-x^2 / 2)",
                        doc =
                            "x -> a exp(-x^2 / 2). With D = (1 + p)(1 + q) - k^2: value = a^2 / "
                            "sqrt(D), slope = a^2 k / D^(3/2).";

  double a = 1;
  static constexpr auto params =
      std::tuple{sdk::field("a", &Bump::a, "height of the bump", sdk::positive)};

  auto moments(auto k, auto p, auto q) const {
    const auto d = (1 + p) * (1 + q) - k * k;
    const auto value = a * a / sqrt(d);
    return sdk::Moments{value, k * value / d};
  }
  double value(double x) const { return a * std::exp(-0.5 * x * x); }
  double slope(double x) const { return -x * value(x); }
};

}  // namespace

WIDELIMIT_PLUGIN("com.example.my_layer", "1.0.0", Bump)
