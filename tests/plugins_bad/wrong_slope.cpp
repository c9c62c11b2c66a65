// x -> erf(x) with a derivative that is twice too large: forward and kernel are right, training is
// not.
#include <widelimit/sdk/elementwise.hpp>

namespace {

struct WrongSlope {
  static constexpr auto name = "wrong_slope", version = "1.0.0",
                        doc = "x -> erf(x), with slope twice its derivative";
  static constexpr auto params = std::tuple{};

  auto moments(auto k, auto p, auto q) const {
    const auto d = (1 + 2 * p) * (1 + 2 * q);
    const double a = 2 / std::numbers::pi;
    return widelimit::sdk::Moments{a * asin(2 * k / sqrt(d)), 2 * a / sqrt(d - 4 * k * k)};
  }
  double value(double x) const { return std::erf(x); }
  double slope(double x) const { return 4 * std::numbers::inv_sqrtpi * std::exp(-x * x); }
};

}  // namespace

WIDELIMIT_PLUGIN("org.example.wrong_slope", "1.0.0", WrongSlope)
