// Predictions and losses at t = infinity, from one factor of the kernel.
#pragma once

#include "inference/factors.hpp"
#include "inference/setting.hpp"

namespace widelimit::detail {

/// Sets all members of `result` except the ridge.
void infer_at_infinity(const Setting& setting, FactorEntry& entry, InferenceResult& result);

}  // namespace widelimit::detail
