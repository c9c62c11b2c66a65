// Which loss curves an inference has.
#pragma once

#include "inference/setting.hpp"

namespace widelimit::detail {

/// Curves of the right lengths, zeros, with their times; empty where they cannot be had or were not
/// asked for.
[[nodiscard]] inline LossCurves make_curves(const Setting& s) {
  LossCurves curves;
  const std::size_t times = s.times.size();
  const bool test = s.m > 0 && s.problem->y_test != nullptr;
  curves.time = s.times;
  curves.train_mean.assign(times, 0);
  if (test) curves.test_mean.assign(times, 0);
  if (s.covariance()) {
    curves.train_expected.assign(times, 0);
    if (test) curves.test_expected.assign(times, 0);
  }
  return curves;
}

}  // namespace widelimit::detail
