// What a person should know about an experiment before it runs, and what cannot run.
// Thread safety: pure functions.
#pragma once

#include <widelimit/experiment/data.hpp>
#include <widelimit/experiment/experiment.hpp>
#include <widelimit/network.hpp>

#include <string>
#include <vector>

namespace widelimit::experiment {

/// Warnings: entries without effect, arithmetic that may not suffice. `layers` is the plan of the
/// network.
[[nodiscard]] std::vector<std::string> advice(const Experiment& experiment,
                                              const std::vector<PlannedLayer>& layers,
                                              const DataShapes& shapes);

/// Does "finite" fit the training samples? Throws Error(usage) where its network has other outputs,
/// a layer lacks its width, or a batch is larger than the training set.
void check_finite(const FiniteSpec& spec, const Network& network, const DataShape& samples);

}  // namespace widelimit::experiment
