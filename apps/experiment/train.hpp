// The same network at its finite widths, trained beside the infinite one.
// Thread safety: one thread at a time.
#pragma once

#include "results.hpp"
#include "setup.hpp"

#include <widelimit/control.hpp>
#include <widelimit/finite.hpp>

#include <string>
#include <vector>

namespace widelimit::experiment {

/// train() of core; what a person can change about its errors gets a place: the learning rate where
/// a member diverges, the largest layer where there is not enough memory.
[[nodiscard]] std::vector<TrainedMember> train_members(
    const Setup& setup, const FiniteNetwork& network, const Samples& x, const Matrix& y,
    const Dataset* test, const TrainOptions& options, Control* control);

/// Pointer to the layer with the most parameters.
[[nodiscard]] std::string largest_layer(const FiniteNetwork& network);

/// Trains the ensemble of the experiment's "finite"; writes finite/losses.csv, predictions.npy and
/// parameters; appends {"finite": ...} to `metrics`: those of the members' mean prediction, and of
/// each member under "members".
void run_finite(const Setup& setup, const TrainTest& data, const TestSet& test,
                Json::Object& metrics, RunDirectory& directory, Control& control);

}  // namespace widelimit::experiment
