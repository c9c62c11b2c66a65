// relu, leaky_relu, abs, ab_relu: functions of two slopes, on the arc-cosine kernels of degree 0
// and 1 (Cho and Saul 2009; leaky and two-sided: arXiv:1711.09090).
#include <widelimit/sdk/arc_cosine.hpp>
#include <widelimit/sdk/elementwise.hpp>

namespace {

namespace sdk = widelimit::sdk;

/// f(x) = a min(x, 0) + b max(x, 0) is (b - a) relu(x) + a x, so that with E[relu(u) v] = k / 2
/// and ramp = max(k, 0) / 2 + area
///   value = (b - a)^2 area + ((a^2 + b^2) / 2 if k > 0, else a b) k,
///   slope = (b - a)^2 step + a b.
/// No two terms of a variance cancel, so none overflows and none becomes negative.
template <class V>
struct StepsAndCovariance {
  sdk::ArcCosineSteps<V> steps;
  V k;
};
template <class V>
auto moments_of(double a, double b, const StepsAndCovariance<V>& of) {
  const auto [step, area] = of.steps.parts();
  const V relu_share = (b - a) * (b - a), positive = 0.5 * (a * a + b * b), negative = a * b;
  return sdk::Moments{fma(relu_share, area, select(of.k > V(0), positive, negative) * of.k),
                      fma(relu_share, step, negative)};
}

/// What all of them need of a variance, and of two with a covariance.
struct ArcCosineLayer {
  static constexpr bool specialised_loops = true;

  template <class V>
  auto site_terms(V variance) const {
    return sdk::ArcCosineTerms<V>(variance);
  }
  template <class V, class Terms>
  auto prepare(V k, const Terms& p, const Terms& q) const {
    return StepsAndCovariance<V>{{k, p, q}, k};
  }
};

struct Relu : ArcCosineLayer {
  static constexpr auto name = "relu", version = "1.0.0", summary = "x -> max(x, 0)";
  static constexpr auto doc =
      R"(x -> max(x, 0). With c = k / sqrt(p q): slope = 1/2 - arccos(c) / (2 pi), value = sqrt(p
q - k^2) / (2 pi) + slope k (Cho and Saul 2009).)";
  static constexpr auto params = std::tuple{};

  template <class V, class Terms>
  auto prepare(V k, const Terms& p, const Terms& q) const {
    return sdk::ArcCosineSteps<V>(k, p, q);
  }
  auto complete(const auto& prepared) const {
    const auto [step, ramp] = prepared.complete();
    return sdk::Moments{ramp, step};
  }
  auto moments(auto k, const auto& p, const auto& q) const { return complete(prepare(k, p, q)); }
  double value(double x) const { return x < 0 ? 0 : x; }
  double slope(double x) const { return x > 0 ? 1 : 0; }
};

/// The moments of the three types that are not relu, which share their loops.
struct TwoSlopes : ArcCosineLayer {
  double a, b;

  TwoSlopes(double below, double above) : a(below), b(above) {}
  auto complete(const auto& prepared) const { return moments_of(a, b, prepared); }
  auto moments(auto k, const auto& p, const auto& q) const { return complete(prepare(k, p, q)); }
};

struct LeakyRelu {
  static constexpr auto name = "leaky_relu", version = "1.0.0",
                        summary = "x -> alpha min(x, 0) + max(x, 0)";
  static constexpr auto doc =
      R"(x -> alpha min(x, 0) + max(x, 0). Moments: (1 - alpha)^2 times those of relu, plus alpha
k and alpha (arXiv:1711.09090).)";

  double alpha = 0;
  static constexpr auto params = std::tuple{
      sdk::field("alpha", &LeakyRelu::alpha, "slope of the negative side", sdk::required)};

  [[nodiscard]] TwoSlopes shared_moments() const { return {alpha, 1}; }
  double value(double x) const { return x < 0 ? alpha * x : x; }
  double slope(double x) const { return x > 0 ? 1 : alpha; }
};

struct Abs {
  static constexpr auto name = "abs", version = "1.0.0", summary = "x -> |x|";
  static constexpr auto doc =
      R"(x -> |x|. Moments: four times those of relu, minus k and minus 1 (arXiv:1711.09090 with
slopes -1 and 1).)";
  static constexpr auto params = std::tuple{};

  [[nodiscard]] TwoSlopes shared_moments() const { return {-1, 1}; }
  double value(double x) const { return std::abs(x); }
  double slope(double x) const { return x > 0 ? 1 : x < 0 ? -1 : 0; }
};

struct AbRelu {
  static constexpr auto name = "ab_relu", version = "1.0.0",
                        summary = "x -> a min(x, 0) + b max(x, 0)";
  static constexpr auto doc =
      R"(x -> a min(x, 0) + b max(x, 0). Moments: (b - a)^2 times those of relu, plus a b k and a
b (arXiv:1711.09090).)";

  double a = 0, b = 1;
  static constexpr auto params =
      std::tuple{sdk::field("a", &AbRelu::a, "slope of the negative side", sdk::required),
                 sdk::field("b", &AbRelu::b, "slope of the positive side", sdk::required)};

  [[nodiscard]] TwoSlopes shared_moments() const { return {a, b}; }
  double value(double x) const { return x < 0 ? a * x : b * x; }
  double slope(double x) const { return x > 0 ? b : a; }
};

}  // namespace

WIDELIMIT_PLUGIN("org.widelimit.relu", "0.1.0", Relu, LeakyRelu, Abs, AbRelu)
