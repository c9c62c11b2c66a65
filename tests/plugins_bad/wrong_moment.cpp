// x -> erf(x) with a second moment that is twice too large: the NNGP is right, the NTK is not.
#include <widelimit/sdk/elementwise.hpp>

namespace {

struct WrongMoment {
  static constexpr auto name = "wrong_moment", version = "1.0.0",
                        doc = "x -> erf(x), with twice the expectation of f'(u) f'(v)";
  static constexpr auto params = std::tuple{};

  auto moments(auto k, auto p, auto q) const {
    const auto d = (1 + 2 * p) * (1 + 2 * q);
    const double a = 2 / std::numbers::pi;
    return widelimit::sdk::Moments{a * asin(2 * k / sqrt(d)), 4 * a / sqrt(d - 4 * k * k)};
  }
  double value(double x) const { return std::erf(x); }
  double slope(double x) const { return 2 * std::numbers::inv_sqrtpi * std::exp(-x * x); }
};

}  // namespace

WIDELIMIT_PLUGIN("org.example.wrong_moment", "1.0.0", WrongMoment)
