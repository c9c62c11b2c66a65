// rbf: the nonlinearity whose kernel is the squared exponential.
#include <widelimit/sdk/elementwise.hpp>

namespace {

namespace sdk = widelimit::sdk;

/// f(x) = sqrt(2) sin(sqrt(2 gamma) x + pi / 4): value = exp(-gamma (p + q - 2k)), slope = 2 gamma
/// value. p + q - 2k is E[(u - v)^2].
struct Rbf {
  static constexpr auto name = "rbf", version = "1.0.0",
                        summary = "x -> sqrt(2) sin(sqrt(2 gamma) x + pi/4)";
  static constexpr auto doc =
      R"(x -> sqrt(2) sin(sqrt(2 gamma) x + pi/4), so that value = exp(-gamma (p + q - 2k)), the
squared exponential kernel, and slope = 2 gamma value (random features: Rahimi and Recht 2007).)";

  static constexpr bool specialised_loops = true;
  double gamma = 1;
  static constexpr auto params =
      std::tuple{sdk::field("gamma", &Rbf::gamma, "inverse squared length scale", sdk::positive)};

  auto moments(auto k, auto p, auto q) const {
    // Two differences: exactly 0 where k = p = q. Never below 0, whatever rounding did to k.
    const auto value = exp(-gamma * max(0, (p - k) + (q - k)));
    return sdk::Moments{value, 2 * gamma * value};
  }
  double value(double x) const { return std::numbers::sqrt2 * std::sin(angle(x)); }
  double slope(double x) const {
    return std::numbers::sqrt2 * std::sqrt(2 * gamma) * std::cos(angle(x));
  }

 private:
  double angle(double x) const { return std::sqrt(2 * gamma) * x + std::numbers::pi / 4; }
};

}  // namespace

WIDELIMIT_PLUGIN("org.widelimit.rbf", "0.1.0", Rbf)
