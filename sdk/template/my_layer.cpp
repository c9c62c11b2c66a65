// bump: the layer x -> a exp(-x^2 / 2).
#include <widelimit/sdk/elementwise.hpp>
#include <widelimit/sdk/two_by_two.hpp>

namespace {

namespace sdk = widelimit::sdk;

/// With D = (1 + p)(1 + q) - k^2: E[f(u) f(v)] = a^2 / sqrt(D), E[f'(u) f'(v)] = a^2 k / D^(3/2),
/// for (u, v) ~ N(0, [[p, k], [k, q]]).
struct Bump {
  static constexpr auto name = "bump", version = "1.0.0", summary = "x -> a exp(-x^2 / 2)",
                        doc =
                            "x -> a exp(-x^2 / 2). With D = (1 + p)(1 + q) - k^2: value = a^2 / "
                            "sqrt(D), slope = a^2 k / D^(3/2).";

  double a = 1;
  static constexpr auto params =
      std::tuple{sdk::field("a", &Bump::a, "height of the bump", sdk::positive)};

  auto moments(auto k, auto p, auto q) const {
    // D is 1 + p + q + (pq - k^2). All terms are scaled by unit^2, which avoids cancellation and
    // overflow.
    const sdk::ScaledCovariance m(k, p, q);
    const auto d = m.one + m.p_term + m.q_term + m.determinant;
    const auto value = a * a * m.unit / sqrt(d);
    return sdk::Moments{value, value * m.unit * (m.k / d)};
  }
  double value(double x) const { return a * std::exp(-0.5 * x * x); }
  double slope(double x) const { return -x * value(x); }
};

}  // namespace

WIDELIMIT_PLUGIN("com.example.my_layer", "1.0.0", Bump)
