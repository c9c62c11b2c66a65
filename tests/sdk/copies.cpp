// Compiled for any processor and, where there is Highway, for AVX2 and AVX-512, like a plugin.
// WIDELIMIT_TEST_COPY names this copy's functions, WIDELIMIT_SDK_ENTRY its tables.
#include "copies.hpp"

#include <widelimit/sdk.hpp>

namespace {

namespace sdk = widelimit::sdk;
using widelimit::test::Function;

template <class V>
V value_of(Function f, V x, V y, V z) {
  switch (f) {
    case Function::exp:
      return exp(x);
    case Function::expm1:
      return expm1(x);
    case Function::atan:
      return atan(x);
    case Function::atan2:
      return atan2(x, y);
    case Function::asin:
      return asin(x);
    case Function::acos:
      return acos(x);
    case Function::geometric_mean:
      return geometric_mean(x, y);
    case Function::difference_of_products:
      return difference_of_products(x, y, z, z);
    case Function::arc_cosine_step:
      return sdk::arc_cosine(x, y, z).step;
    case Function::arc_cosine_ramp:
      return sdk::arc_cosine(x, y, z).ramp;
    case Function::erf:
      return erf(x);
  }
  return x;
}

template <class T>
void apply(Function f, const T* x, const T* y, const T* z, T* out, std::size_t n) {
  using V = sdk::Vec<T>;
  for (std::size_t i = 0; i < n; i += V::lanes)
    value_of(f, V::load(x + i), V::load(y + i), V::load(z + i)).store(out + i);
}

// ---- types of all kinds ----

/// The layer of the README: its moments are Williams' (Computing with infinite networks, 1997).
struct Erf {
  static constexpr auto name = "erf", version = "1.0.0", doc = "x -> scale * erf(x)";

  double scale = 1.0;
  static constexpr auto params =
      std::tuple{sdk::field("scale", &Erf::scale, "output scale", sdk::positive)};

  auto moments(auto k, auto p, auto q) const {
    const auto d = (1 + 2 * p) * (1 + 2 * q);
    const double a = 2 * scale * scale / std::numbers::pi;
    return sdk::Moments{a * asin(2 * k / sqrt(d)), 2 * a / sqrt(d - 4 * k * k)};
  }
  double value(double x) const { return scale * std::erf(x); }
  double slope(double x) const { return 2 * scale * std::numbers::inv_sqrtpi * std::exp(-x * x); }
};

struct Relu {
  static constexpr auto name = "relu", version = "1.0.0", doc = "x -> max(x, 0)";
  auto moments(auto k, auto p, auto q) const {
    const auto [step, ramp] = sdk::arc_cosine(k, p, q);
    return sdk::Moments{ramp, step};
  }
  double value(double x) const { return x < 0 ? 0 : x; }
  double slope(double x) const { return x > 0 ? 1 : 0; }
};

/// The same function as Erf, without a closed form.
struct ErfByQuadrature {
  static constexpr auto name = "erf_by_quadrature", version = "1.0.0", doc = "x -> erf(x)";
  double value(double x) const { return std::erf(x); }
  double slope(double x) const { return 2 * std::numbers::inv_sqrtpi * std::exp(-x * x); }
};

/// Moments on numbers alone: exp(k) and exp(k), of sqrt-scaled exponentials x -> exp(x - v / 2).
struct Scalar {
  static constexpr auto name = "scalar", version = "1.0.0", doc = "K' = exp(K)";
  struct Both {
    double value, slope;
  };
  Both moments(double k, double, double) const { return {std::exp(k), std::exp(k)}; }
};

struct Sum {
  static constexpr auto name = "sum", version = "1.0.0", doc = "sum of inputs";
  static constexpr bool linear = true;
  auto join(auto a, auto b) const { return decltype(a){a.nngp + b.nngp, a.ntk + b.ntk}; }
  void plan(sdk::Plan& plan) const {
    plan.require_same_channels();
    plan.set_gaussian(true);
  }
  void forward(const sdk::Pass& pass) const {
    const auto y = pass.y();
    for (std::size_t i = 0; i < y.size(); ++i) {
      y[i] = 0;
      for (std::size_t b = 0; b < pass.inputs(); ++b) y[i] += pass.x(b)[i];
    }
  }
  void vjp(const sdk::Pass& pass) const {
    for (std::size_t b = 0; b < pass.inputs(); ++b) {
      const auto x_bar = pass.x_bar(b);
      for (std::size_t i = 0; i < x_bar.size(); ++i) x_bar[i] += pass.y_bar()[i];
    }
  }
};

/// Theta = sum_b Theta_b times the other K_c.
struct Product {
  static constexpr auto name = "product", version = "1.0.0", doc = "product of inputs";
  auto join(auto a, auto b) const {
    return decltype(a){a.nngp * b.nngp, a.ntk * b.nngp + a.nngp * b.ntk};
  }
  void plan(sdk::Plan& plan) const { plan.require_same_channels(); }
};

struct Concat {
  static constexpr auto name = "concat", version = "1.0.0", doc = "channels side by side";
  auto enter(auto x, auto share) const { return decltype(x){share * x.nngp, share * x.ntk}; }
  auto join(auto a, auto b) const { return decltype(a){a.nngp + b.nngp, a.ntk + b.ntk}; }
  void plan(sdk::Plan& plan) const {
    std::int64_t channels = 0;
    for (std::size_t i = 0; i < plan.inputs(); ++i) channels += plan.in(i).channels();
    plan.set_channels(channels);
  }
};

}  // namespace

WIDELIMIT_PLUGIN("org.widelimit.test", "1.0.0", Erf, Relu, ErfByQuadrature, Scalar, Sum, Product,
                 Concat)

#define WIDELIMIT_TEST_TEXT_(x) #x
#define WIDELIMIT_TEST_TEXT(x) WIDELIMIT_TEST_TEXT_(x)

extern const widelimit::test::Copy WIDELIMIT_TEST_COPY;
const widelimit::test::Copy WIDELIMIT_TEST_COPY{WIDELIMIT_TEST_TEXT(WIDELIMIT_TEST_COPY),
                                                apply<float>, apply<double>, WIDELIMIT_SDK_ENTRY};
