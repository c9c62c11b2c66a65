// The memory that inference takes beside the kernels.
// Thread safety: pure functions.
#pragma once

#include "experiment/plan.hpp"

#include <widelimit/experiment/data.hpp>
#include <widelimit/runtime.hpp>

#include <span>

namespace widelimit::experiment {

/// Bytes at the peak of all inferences, which share the factors of equal kernels; `runtime` creates
/// the solvers.
[[nodiscard]] double inference_bytes(std::span<const PlannedInference> inferences,
                                     const DataShapes& shapes, const Runtime& runtime);

}  // namespace widelimit::experiment
