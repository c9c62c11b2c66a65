// The best of several runs: what the machine can do while nobody else is at it.
#pragma once

#include <algorithm>
#include <chrono>
#include <limits>

class BestTime {
 public:
  /// Runs and returns the seconds it took.
  template <class F>
  double measure(F&& f) {
    const auto start = std::chrono::steady_clock::now();
    f();
    const double taken =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    best_ = std::min(best_, taken);
    return taken;
  }
  [[nodiscard]] double seconds() const { return best_; }

 private:
  double best_ = std::numeric_limits<double>::infinity();
};
