// A network, planned and compiled for samples of one shape, for the dense or the spatial engine.
#pragma once

#include "engine/dense/program.hpp"
#include "engine/plan/graph.hpp"
#include "engine/spatial/spatial_plan.hpp"

#include <optional>
#include <vector>

namespace widelimit::detail {

/// Not copyable: the programs point into the graph, and the graph into the layers.
struct Compiled {
  Graph graph;
  std::optional<Program> dense;  ///< set exactly if `spatial` is not
  std::optional<SpatialPlan> spatial;

  /// Throws Error(usage) with all problems, or if the network ends with sites.
  Compiled(const std::vector<Layer>& layers, const SampleShape& shape);
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;
};

}  // namespace widelimit::detail
