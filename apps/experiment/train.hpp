// Trains the same network at its finite widths.
// Thread safety: one thread at a time.
#pragma once

#include "results.hpp"

#include <widelimit/control.hpp>
#include <widelimit/finite.hpp>

#include <string>
#include <vector>

namespace widelimit::experiment {

/// train() of core, whose errors name the value to change: the learning rate in `spec` where a
/// member diverges, the largest layer where there is not enough memory. `test` may be NULL.
[[nodiscard]] std::vector<TrainedMember> train_members(
    const FiniteSpec& spec, const FiniteNetwork& network, const Samples& x, const Matrix& y,
    const Dataset* test, const TrainOptions& options, Control* control);

/// Pointer to the layer with the most parameters.
[[nodiscard]] std::string largest_layer(const FiniteNetwork& network);

/// Trains the ensemble of the experiment's "finite"; writes finite/losses.csv, predictions.npy and
/// parameters, in files named after the planned `layers`; appends {"finite": ...} to `metrics`:
/// those of the members' mean prediction, and of each member under "members".
void run_finite(const FiniteSpec& spec, const Network& network,
                const std::vector<PlannedLayer>& layers, const TrainTest& data, const TestSet& test,
                apps::Json::Object& metrics, RunDirectory& directory, Control& control);

}  // namespace widelimit::experiment
