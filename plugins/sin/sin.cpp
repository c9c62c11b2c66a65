// sin and cos: characteristic functions of a Gaussian.
#include <widelimit/sdk/elementwise.hpp>

namespace {

namespace sdk = widelimit::sdk;

/// f(x) = a sin(b x + c), given sin^2 c and cos^2 c. With p, k, q times b^2, m = (p + q) / 2,
/// E+ = exp(k - m), E- = exp(-k - m) (the real part of E[exp(i (u -+ v))]):
///   value = a^2 / 2 (E+ - cos(2c) E-),   slope = a^2 b^2 / 2 (E+ + cos(2c) E-).
/// Written with E+ - E- = sign(k) exp(|k| - m) (1 - exp(-2|k|)), which keeps its digits where k is
/// small, and with -cos(2c) = 2 sin^2 c - 1, cos(2c) = 2 cos^2 c - 1.
double square(double x) { return x * x; }

/// Moments of a sin(b x + c), or of the cosine with the squares exchanged.
struct WaveMoments {
  static constexpr bool specialised_loops = true;
  double a, b, sin2, cos2;

  template <class V>
  auto moments(V k, V p, V q) const {
    const V size = abs(k), scale = b * b;
    // |k| - m as a sum of two differences: exactly 0 where k = p = q. Neither exponent is above 0,
    // whatever rounding did to k.
    const V nearer = exp(scale * min(0.5 * (size - p) + 0.5 * (size - q), V(0)));
    const V difference = copysign(nearer * -expm1(-2 * scale * size), k);
    const V further = exp(-scale * max(V(0), k + 0.5 * p + 0.5 * q));
    return sdk::Moments{V(a * a / 2) * fma(V(2 * sin2), further, difference),
                        V(a * a * b * b / 2) * fma(V(2 * cos2), further, difference)};
  }
};

struct Sin {
  static constexpr auto name = "sin", version = "1.0.0", summary = "x -> a sin(b x + c)";
  static constexpr auto doc =
      R"(x -> a sin(b x + c). With m = (p + q) / 2: value = a^2/2 (exp(b^2 (k - m)) - cos(2c)
exp(-b^2 (k + m))), slope = a^2 b^2/2 times the same with + in place of -.)";

  double a = 1, b = 1, c = 0;
  static constexpr auto params =
      std::tuple{sdk::field("a", &Sin::a, "output scale"), sdk::field("b", &Sin::b, "input scale"),
                 sdk::field("c", &Sin::c, "phase")};

  [[nodiscard]] WaveMoments shared_moments() const {
    return {a, b, square(std::sin(c)), square(std::cos(c))};
  }
  double value(double x) const { return a * std::sin(b * x + c); }
  double slope(double x) const { return a * b * std::cos(b * x + c); }
};

struct Cos {
  static constexpr auto name = "cos", version = "1.0.0", summary = "x -> a cos(b x + c)";
  static constexpr auto doc =
      R"(x -> a cos(b x + c) = a sin(b x + c + pi/2). With m = (p + q) / 2: value = a^2/2 (exp(b^2
(k - m)) + cos(2c) exp(-b^2 (k + m))), slope = a^2 b^2/2 times the same with - in place of +.)";

  double a = 1, b = 1, c = 0;
  static constexpr auto params =
      std::tuple{sdk::field("a", &Cos::a, "output scale"), sdk::field("b", &Cos::b, "input scale"),
                 sdk::field("c", &Cos::c, "phase")};

  [[nodiscard]] WaveMoments shared_moments() const {
    return {a, b, square(std::cos(c)), square(std::sin(c))};
  }
  double value(double x) const { return a * std::cos(b * x + c); }
  double slope(double x) const { return -a * b * std::sin(b * x + c); }
};

}  // namespace

WIDELIMIT_PLUGIN("org.widelimit.sin", "0.1.0", Sin, Cos)
