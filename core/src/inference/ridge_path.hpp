// Predictions for many ridges from one eigendecomposition.
#pragma once

#include "inference/factors.hpp"
#include "inference/setting.hpp"

namespace widelimit::detail {

/// Sets `result` for every ridge of the options' path. Throws Error(numeric) if the kernel is
/// singular with one of them.
void infer_along_path(const Setting& setting, Factors& factors, InferenceResult& result);

}  // namespace widelimit::detail
