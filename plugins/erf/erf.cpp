// erf and sigmoid_like: the arc-sine kernel of Williams (Computing with infinite networks, 1997).
#include <widelimit/sdk/elementwise.hpp>
#include <widelimit/sdk/two_by_two.hpp>

namespace {

namespace sdk = widelimit::sdk;

/// f(x) = a erf(b x) + c. With p, k, q times b^2 and D = (1 + 2p)(1 + 2q) - 4k^2:
///   value = a^2 (2 / pi) atan2(2k, sqrt D) + c^2,   slope = a^2 b^2 (4 / pi) / sqrt D.
template <class V>
auto erf_moments(double a, double b, double c, V k, V p, V q) {
  const sdk::ScaledCovariance<V> m(k, p, q, V(b * b));
  // D = 1 + 2p + 2q + 4(pq - k^2): a sum of what cannot be negative.
  const V root = sqrt(m.one + 2 * (m.p_term + m.q_term) + 4 * m.determinant);
  return sdk::Moments{fma(V(2 * a * a / std::numbers::pi), atan2(2 * m.k, root), V(c * c)),
                      V(4 * a * a * b * b / std::numbers::pi) * (m.unit / root)};
}

struct Erf {
  static constexpr auto name = "erf", version = "1.0.0", summary = "x -> a erf(b x) + c";
  static constexpr auto doc =
      R"(x -> a erf(b x) + c. With p, k, q times b^2 and D = (1 + 2p)(1 + 2q) - 4k^2: value = a^2
(2/pi) atan2(2k, sqrt D) + c^2, slope = a^2 b^2 (4/pi) / sqrt D (Williams 1997).)";

  static constexpr bool specialised_loops = true;
  double a = 1, b = 1, c = 0;
  static constexpr auto params =
      std::tuple{sdk::field("a", &Erf::a, "output scale"), sdk::field("b", &Erf::b, "input scale"),
                 sdk::field("c", &Erf::c, "output shift")};

  auto moments(auto k, auto p, auto q) const { return erf_moments(a, b, c, k, p, q); }
  double value(double x) const { return a * std::erf(b * x) + c; }
  double slope(double x) const {
    return 2 * a * b * std::numbers::inv_sqrtpi * std::exp(-b * b * x * x);
  }
};

struct SigmoidLike {
  static constexpr auto name = "sigmoid_like", version = "1.0.0",
                        summary = "x -> (erf(x / 2.4020563531719796) + 1) / 2";
  static constexpr auto doc =
      R"(x -> (erf(x / 2.4020563531719796) + 1) / 2, close to the logistic function 1 / (1 +
exp(-x)). Moments: those of erf with a = c = 1/2, b = 1 / 2.4020563531719796 (Williams 1997).)";
  static constexpr auto params = std::tuple{};

  static constexpr Erf form{.a = 0.5, .b = 1 / 2.4020563531719796, .c = 0.5};

  [[nodiscard]] Erf shared_moments() const { return form; }
  double value(double x) const { return form.value(x); }
  double slope(double x) const { return form.slope(x); }
};

}  // namespace

WIDELIMIT_PLUGIN("org.widelimit.erf", "0.1.0", Erf, SigmoidLike)
