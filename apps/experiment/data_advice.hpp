// What a person should know about the numbers of the data, once they are read and preprocessed:
// digits that the arithmetic cannot keep, and targets that the network's prior does not expect.
// Thread safety: pure functions.
#pragma once

#include "blocks.hpp"
#include "plan.hpp"

#include <widelimit/experiment/data.hpp>
#include <widelimit/kernel.hpp>
#include <widelimit/matrix.hpp>

#include <optional>
#include <span>
#include <string>

namespace widelimit::experiment {

/// A warning where a common offset of the samples, in the precision of the run, leaves fewer than
/// four digits of their deviations.
[[nodiscard]] std::optional<std::string> offset_warning(const Samples& train);

/// A warning where the mean or the deviation of the training targets is far beyond the deviation of
/// the prior, which comes from the diagonals that `held` has. None for targets that a step of
/// preprocessing has made. Without variances, only a mean that is far beyond the targets' own
/// deviation too.
[[nodiscard]] std::optional<std::string> prior_warning(
    const Matrix& targets, const TargetTransform& transform, const HeldKernels& held,
    std::span<const PlannedInference> inferences);

}  // namespace widelimit::experiment
