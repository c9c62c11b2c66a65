// Predictions and losses of infinitely long training, from one factor of the kernel.
#pragma once

#include "inference/factors.hpp"
#include "inference/setting.hpp"

namespace widelimit::detail {

/// Fills in everything of `result` but the ridge.
void infer_at_infinity(const Setting& setting, FactorEntry& entry, InferenceResult& result);

}  // namespace widelimit::detail
