// Computes the shape and the work of every layer from the plan.
#pragma once

#include <widelimit/planned_network.hpp>

#include "engine/network/compiled.hpp"

#include <vector>

namespace widelimit::detail {

struct PlannedLayers {
  std::vector<PlannedLayer> layers;
  double flops_per_entry = 0;  ///< sum over all layers
};

/// Throws as make_schedule() does.
[[nodiscard]] PlannedLayers planned_layers(const Compiled& net);

}  // namespace widelimit::detail
