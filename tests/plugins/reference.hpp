// What is known of each nonlinearity without its plugin: the function, its derivative, and the
// moments at three covariances to 12 digits, all checked by quadrature independently of this
// project.
#pragma once

#include "plugins/support/tile.hpp"

#include <cmath>
#include <functional>
#include <numbers>
#include <string>
#include <vector>

namespace widelimit::plugin_tests {

struct Nonlinearity {
  std::string library, type;
  Parameters parameters;
  std::function<double(double)> value, slope;
  bool slope_moment = true;     ///< false: zero by convention, not by the slope
  MomentPair v1, v2, diagonal;  ///< at (p, k, q) = (1.3, -0.4, 0.7), (0.9, 0.5, 2), all 1.3
};

inline constexpr Covariance at_v1{-0.4, 1.3, 0.7}, at_v2{0.5, 0.9, 2.0}, at_diagonal{1.3, 1.3, 1.3};

inline std::vector<Nonlinearity> nonlinearities() {
  using std::numbers::inv_sqrtpi, std::numbers::pi, std::numbers::sqrt2;
  const auto two_slopes = [](double a, double b) {
    return [=](double x) { return x < 0 ? a * x : b * x; };
  };
  const auto two_steps = [](double a, double b) { return [=](double x) { return x < 0 ? a : b; }; };
  const auto erf = [](double a, double b, double c) {
    return [=](double x) { return a * std::erf(b * x) + c; };
  };
  const auto erf_slope = [](double a, double b) {
    return [=](double x) { return 2 * a * b * inv_sqrtpi * std::exp(-b * b * x * x); };
  };
  const auto wave = [](double a, double b, double c) {
    return [=](double x) { return a * std::sin(b * x + c); };
  };
  const auto normal = [](double x) { return 0.5 * std::erfc(-x / sqrt2); };
  return {
      {"erf",
       "erf",
       {},
       erf(1, 1, 0),
       erf_slope(1, 1),
       true,
       {-0.175479656092, 0.450158158079},
       {0.172237328522, 0.353133112653},
       {0.513758414526, 0.511345306327}},
      {"erf",
       "erf",
       {{"a", 0.5}, {"b", 1.7}, {"c", 0.3}},
       erf(0.5, 1.7, 0.3),
       erf_slope(0.5, 1.7),
       true,
       {0.0326260187777, 0.149989180532},
       {0.143093652014, 0.110310017093},
       {0.262086321486, 0.229777924968}},
      {"erf",
       "sigmoid_like",
       {},
       erf(0.5, 1 / 2.4020563531719796, 0.5),
       erf_slope(0.5, 1 / 2.4020563531719796),
       true,
       {0.233534693077, 0.041310753494},
       {0.268548760338, 0.0372664010986},
       {0.300271320244, 0.0400097742953}},
      {"relu",
       "relu",
       {},
       two_slopes(0, 1),
       two_steps(0, 1),
       true,
       {0.0653780915189, 0.181135330841},
       {0.353536405294, 0.310780198184},
       {0.65, 0.5}},
      {"relu",
       "leaky_relu",
       {{"alpha", 0.1}},
       two_slopes(0.1, 1),
       two_steps(0.1, 1),
       true,
       {0.0129562541303, 0.246719617981},
       {0.336364488288, 0.351731960529},
       {0.6565, 0.505}},
      {"relu",
       "ab_relu",
       {{"a", 0.25}, {"b", 0.5}},
       two_slopes(0.25, 0.5),
       two_steps(0.25, 0.5),
       true,
       {-0.0459138692801, 0.136320958178},
       {0.0845960253309, 0.144423762387},
       {0.203125, 0.15625}},
      {"relu",
       "abs",
       {},
       two_slopes(-1, 1),
       two_steps(-1, 1),
       true,
       {0.661512366076, -0.275458676635},
       {0.914145621176, 0.243120792737},
       {1.3, 1}},
      {"sign",
       "sign",
       {},
       two_steps(-1, 1),
       [](double) { return 0.0; },
       false,
       {-0.275458676635, 0},
       {0.243120792737, 0},
       {1, 0}},
      {"gelu",
       "gelu",
       {},
       [=](double x) { return x * normal(x); },
       [=](double x) { return normal(x) + x * inv_sqrtpi / sqrt2 * std::exp(-x * x / 2); },
       true,
       {-0.011939323265, 0.175182778196},
       {0.262111951542, 0.319137532598},
       {0.572555114, 0.470717740277}},
      {"sin",
       "sin",
       {},
       wave(1, 1, 0),
       wave(1, 1, pi / 2),
       true,
       {-0.151107336076, 0.397704300018},
       {0.122233475934, 0.264507547521},
       {0.462863210893, 0.537136789107}},
      {"sin",
       "sin",
       {{"a", 2.0}, {"b", 1.5}, {"c", -0.5}},
       wave(2, 1.5, -0.5),
       wave(3, 1.5, -0.5 + pi / 2),
       true,
       {-0.194431967468, 0.823141068605},
       {0.222464868406, 0.560998179051},
       {1.99688796769, 4.5070020727}},
      {"sin",
       "cos",
       {},
       wave(1, 1, pi / 2),
       wave(1, 1, pi),
       true,
       {0.397704300018, -0.151107336076},
       {0.264507547521, 0.122233475934},
       {0.537136789107, 0.462863210893}},
      {"rbf",
       "rbf",
       {{"gamma", 0.8}},
       wave(sqrt2, std::sqrt(1.6), pi / 4),
       wave(sqrt2 * std::sqrt(1.6), std::sqrt(1.6), 3 * pi / 4),
       true,
       {0.106458504379, 0.170333607007},
       {0.218711886952, 0.349939019124},
       {1, 1.6}},
  };
}

}  // namespace widelimit::plugin_tests
