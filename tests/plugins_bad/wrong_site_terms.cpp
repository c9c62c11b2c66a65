// x -> erf(x), right everywhere but on images: the terms it keeps of a variance are not those it
// reads back.
#include <widelimit/sdk/elementwise.hpp>

namespace {

namespace sdk = widelimit::sdk;

template <class V>
struct Terms {
  V spread;

  Terms() = default;
  explicit Terms(V variance) : spread(1 + 2 * variance) {}

  static constexpr std::uint32_t numbers = 1;
  template <class From>
  Terms(const sdk::scalar_t<V>* at, std::int64_t, From from) : spread(from(at)) {}
  void store(sdk::scalar_t<V>* at, std::int64_t) const { (spread - 1).store(at); }
};

struct WrongSiteTerms {
  static constexpr auto name = "wrong_site_terms", version = "1.0.0",
                        doc = "x -> erf(x), with its site terms kept wrongly";
  static constexpr auto params = std::tuple{};

  template <class V>
  auto site_terms(V variance) const {
    return Terms<V>(variance);
  }
  auto moments(auto k, const auto& p, const auto& q) const {
    const auto d = p.spread * q.spread;
    const double a = 2 / std::numbers::pi;
    return sdk::Moments{a * asin(2 * k / sqrt(d)), 2 * a / sqrt(d - 4 * k * k)};
  }
  double value(double x) const { return std::erf(x); }
  double slope(double x) const { return 2 * std::numbers::inv_sqrtpi * std::exp(-x * x); }
};

}  // namespace

WIDELIMIT_PLUGIN("org.example.wrong_site_terms", "1.0.0", WrongSiteTerms)
