// sign: the arc-cosine kernel of degree 0 on both sides of zero (Cho and Saul 2009).
#include <widelimit/sdk/arc_cosine.hpp>
#include <widelimit/sdk/elementwise.hpp>

namespace {

namespace sdk = widelimit::sdk;

/// sign(x) = 1(x > 0) - 1(x < 0): value = 4 step - 1 = 1 - 2 arccos(c) / pi. The slope is taken as
/// 0, as everywhere in the field: the true one is a distribution, and its moment infinite.
struct Sign {
  static constexpr auto name = "sign", version = "1.0.0", summary = "x -> sign(x)";
  static constexpr auto doc =
      R"(x -> sign(x). With c = k / sqrt(p q): value = 1 - 2 arccos(c) / pi; slope = 0 by
convention, so the NTK ends here (Cho and Saul 2009).)";
  static constexpr auto params = std::tuple{};
  static constexpr bool specialised_loops = true;

  template <class V>
  auto site_terms(V variance) const {
    return sdk::ArcCosineTerms<V>(variance);
  }
  auto moments(auto k, const auto& p, const auto& q) const {
    return sdk::Moments{4 * sdk::arc_cosine(k, p, q).step - 1, 0};
  }
  double value(double x) const { return x > 0 ? 1 : x < 0 ? -1 : x; }
  double slope(double) const { return 0; }
};

}  // namespace

WIDELIMIT_PLUGIN("org.widelimit.sign", "0.1.0", Sign)
