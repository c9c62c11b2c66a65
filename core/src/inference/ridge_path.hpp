// Predictions for many ridges from one eigendecomposition.
#pragma once

#include "inference/factors.hpp"
#include "inference/setting.hpp"

namespace widelimit::detail {

/// Fills in `result` for every ridge of the options' path. Throws Error(numeric) where one of them
/// leaves the kernel singular.
void infer_along_path(const Setting& setting, Factors& factors, InferenceResult& result);

}  // namespace widelimit::detail
