// The same network at its finite widths, trained beside the infinite one.
// Thread-safety: one thread at a time.
#pragma once

#include "results.hpp"
#include "setup.hpp"

#include <widelimit/control.hpp>

namespace widelimit::experiment {

/// Trains the ensemble of the experiment's "finite"; writes finite/losses.csv, predictions.npy and
/// parameters; appends {"finite": ...} to `metrics`: those of the members' mean prediction, and of
/// each member under "members".
void run_finite(const Setup& setup, const TrainTest& data, const TestSet& test,
                Json::Object& metrics, RunDirectory& directory, Control& control);

}  // namespace widelimit::experiment
