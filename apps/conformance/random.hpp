// Reproducible random numbers for checks: the same on every machine, because the standard library's
// distributions are not.
// Thread safety: one object a thread.
#pragma once

#include "common/sizes.hpp"

#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>
#include <vector>

namespace widelimit::conformance {

class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t part)
      : engine_(seed * 0x9E3779B97F4A7C15u + part * 0xBF58476D1CE4E5B9u + 1) {}

  [[nodiscard]] std::uint64_t bits() { return engine_(); }
  /// Uniform on (0, 1).
  [[nodiscard]] double uniform() {
    return (static_cast<double>(engine_() >> 11) + 0.5) * 0x1.0p-53;
  }
  [[nodiscard]] double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// 0 .. n-1.
  [[nodiscard]] std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(uniform() * static_cast<double>(n));
  }
  /// N(0, 1), Box-Muller.
  [[nodiscard]] double normal() {
    return std::sqrt(-2 * std::log(uniform())) * std::cos(2 * std::numbers::pi * uniform());
  }
  [[nodiscard]] std::vector<double> normals(std::int64_t n) {
    std::vector<double> x(to_size(n));
    for (double& v : x) v = normal();
    return x;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace widelimit::conformance
