// What run.json says about the data and the network of a run.
// Thread safety: pure functions.
#pragma once

#include "json.hpp"
#include "setup.hpp"

#include <widelimit/control.hpp>
#include <widelimit/experiment/data.hpp>

namespace widelimit::experiment {

/// {"train": {count, features, channels, sites, outputs, x_names, y_names}, "test": null or such}
[[nodiscard]] Json describe_data(const TrainTest& data);

/// One object a layer of the plan: place, shape, parameters, and its kernel's statistics over the
/// training set (at most 256 samples). Throws Error(cancelled).
[[nodiscard]] Json describe_network(const Setup& setup, const TrainTest& data, Control& control);

}  // namespace widelimit::experiment
