// Shapes and work of every layer, known before anything runs.
#pragma once

#include <widelimit/planned_network.hpp>

#include "engine/network/compiled.hpp"

#include <vector>

namespace widelimit::detail {

struct PlannedLayers {
  std::vector<PlannedLayer> layers;
  double flops_per_entry = 0;  ///< of all of them
};

/// Throws as make_schedule().
[[nodiscard]] PlannedLayers planned_layers(const Compiled& net);

}  // namespace widelimit::detail
