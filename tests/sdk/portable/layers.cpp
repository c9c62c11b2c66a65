// A plugin with something of everything that is compiled for several targets.
#include <widelimit/sdk.hpp>

namespace {

namespace sdk = widelimit::sdk;

struct Relu {
  static constexpr auto name = "relu", version = "1.0.0", doc = "x -> max(x, 0)";
  auto moments(auto k, auto p, auto q) const {
    const auto [step, ramp] = sdk::arc_cosine(k, p, q);
    return sdk::Moments{ramp, step};
  }
  double value(double x) const { return x < 0 ? 0 : x; }
  double slope(double x) const { return x > 0 ? 1 : 0; }
};

/// Every function that math.hpp has, so that no copy's instructions stay untried.
struct Everything {
  static constexpr auto name = "everything", version = "1.0.0", doc = "all functions at once";
  double scale = 1;
  static constexpr auto params =
      std::tuple{sdk::field("scale", &Everything::scale, "of the result", sdk::positive)};

  template <class V>
  auto moments(V k, V p, V q) const {
    const sdk::ScaledCovariance<V> m(k, p, q);
    const V c = k / sdk::geometric_mean(p, q);
    const V all = exp(-p) + expm1(-q) + atan2(k, p) + atan(k) + asin(0.5 * c) + acos(0.5 * c) +
                  sin(k) + cos(k) + tan(c) + sinh(c) + cosh(c) + tanh(k) + log(p) + log1p(q) +
                  erf(k) + erfc(k) + pow(p, 1.5) + m.determinant;
    return sdk::Moments{scale * all, all};
  }
  double value(double x) const { return x; }
  double slope(double) const { return 1; }
};

struct ByQuadrature {
  static constexpr auto name = "by_quadrature", version = "1.0.0", doc = "tanh";
  double value(double x) const { return std::tanh(x); }
  double slope(double x) const { return 1 - std::tanh(x) * std::tanh(x); }
};

struct Sum {
  static constexpr auto name = "sum", version = "1.0.0", doc = "sum";
  auto join(auto a, auto b) const { return decltype(a){a.nngp + b.nngp, a.ntk + b.ntk}; }
  void plan(sdk::Plan& plan) const { plan.require_same_channels(); }
};

}  // namespace

WIDELIMIT_PLUGIN("org.widelimit.test.portable", "1.0.0", Relu, Everything, ByQuadrature, Sum)
