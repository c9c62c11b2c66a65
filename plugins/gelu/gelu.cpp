// gelu: x times the normal distribution function (arXiv:1606.08415; its kernel: arXiv:2002.08517).
#include <widelimit/sdk/elementwise.hpp>
#include <widelimit/sdk/two_by_two.hpp>

namespace {

namespace sdk = widelimit::sdk;

/// With P = (1 + p)(1 + q), D = sqrt(P - k^2), t = atan2(k, D):
///   value = k/4 + ((k^2 + p q D^2) / (P D) + k t) / (2 pi),
///   slope = 1/4 + t / (2 pi) + k / (2 pi D) (1 / D^2 + (2 + p + q) / P).
struct Gelu {
  static constexpr auto name = "gelu", version = "1.0.0", summary = "x -> x Phi(x)";
  static constexpr auto doc =
      R"(x -> x Phi(x), Phi the normal distribution function. With P = (1 + p)(1 + q),
D = sqrt(P - k^2), t = atan2(k, D): value = k/4 + ((k^2 + p q D^2) / (P D) + k t) / (2 pi), slope =
1/4 + t / (2 pi) + k / (2 pi D) (1/D^2 + (2 + p + q)/P) (arXiv:2002.08517).)";
  static constexpr auto params = std::tuple{};
  static constexpr bool specialised_loops = true;

  template <class V>
  auto moments(V k, V p, V q) const {
    constexpr double turn = 1 / (2 * std::numbers::pi);
    const sdk::ScaledCovariance<V> m(k, p, q);
    const V sides = m.p_term + m.q_term;
    // Both as sums of what cannot be negative, so that nothing cancels.
    const V product = m.one + sides + m.p * m.q;
    const V d2 = m.one + sides + m.determinant, d = sqrt(d2);
    const V angle = turn * atan2(m.k, d);
    const V area = turn * (m.k * m.k * m.one + m.p * m.q * d2) / (product * d);
    return sdk::Moments{
        (m.k * (0.25 + angle) + area) * m.inverse_unit,
        0.25 + angle + turn * (m.k / d) * (m.one / d2 + (2 * m.one + sides) / product)};
  }
  double value(double x) const { return x * normal_distribution(x); }
  double slope(double x) const {
    constexpr double density_at_0 = std::numbers::inv_sqrtpi / std::numbers::sqrt2;
    return normal_distribution(x) + x * density_at_0 * std::exp(-0.5 * x * x);
  }

 private:
  static double normal_distribution(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }
};

}  // namespace

WIDELIMIT_PLUGIN("org.widelimit.gelu", "0.1.0", Gelu)
