// How long the inference of an experiment will take, from trials on small matrices.
// Thread safety: one thread at a time.
#pragma once

#include "experiment/plan.hpp"

#include <widelimit/runtime.hpp>

#include <span>

namespace widelimit::experiment {

/// Seconds of all inferences together on this machine: each is timed on well-conditioned random
/// matrices of up to two thousand rows, in samples of `enough` seconds.
[[nodiscard]] double inference_seconds(std::span<const PlannedInference> inferences,
                                       const DataShapes& shapes, const Runtime& runtime,
                                       double enough);

}  // namespace widelimit::experiment
