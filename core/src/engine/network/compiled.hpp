// A network planned and compiled for samples of one shape: for tiles of one site, or for fields.
#pragma once

#include "engine/dense/program.hpp"
#include "engine/plan/graph.hpp"
#include "engine/spatial/spatial_plan.hpp"

#include <optional>
#include <vector>

namespace widelimit::detail {

/// Not copied: the programs point into the graph, and all into the layers.
struct Compiled {
  Graph graph;
  std::optional<Program> dense;  ///< exactly one of the two
  std::optional<SpatialPlan> spatial;

  /// Throws Error(usage), all problems at once: also where the network ends with sites.
  Compiled(const std::vector<Layer>& layers, const SampleShape& shape);
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;
};

}  // namespace widelimit::detail
