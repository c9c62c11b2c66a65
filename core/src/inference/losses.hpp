// Allocates the loss curves of an inference.
#pragma once

#include "inference/setting.hpp"

namespace widelimit::detail {

/// Curves of zeros with their times. Curves that the inference does not compute are empty.
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
