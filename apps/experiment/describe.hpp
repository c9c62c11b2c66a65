// What run.json says about the data and the network of a run.
// Thread safety: pure functions.
#pragma once

#include "common/json.hpp"

#include <widelimit/control.hpp>
#include <widelimit/experiment/data.hpp>
#include <widelimit/network.hpp>

#include <string>

namespace widelimit::experiment {

/// {"train": {count, features, channels, sites, outputs, x_names, y_names}, "test": null or such,
///  "class_samples": of each class in training, or null, "encoding": null, or of a table with words
///  or gaps {"columns": [{name, position, words (null: numbers), mean, marks_gaps}], "labels"}}
[[nodiscard]] apps::Json describe_data(const TrainTest& data, const TargetTransform& targets);

/// One object for each of the planned `layers`: pointer, shape, parameters, and its kernel's
/// statistics over the training samples `x` (at most 256 of them). Throws Error(cancelled).
[[nodiscard]] apps::Json describe_network(const NetworkSpec& spec, const PlannedNetwork& network,
                                          const Samples& x, Control& control);

}  // namespace widelimit::experiment
