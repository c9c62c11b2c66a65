// Statistics of every layer of a network with sites, for reports.
#pragma once

#include <widelimit/memory.hpp>
#include <widelimit/planned_network.hpp>

#include "engine/grid/sample_rows.hpp"
#include "engine/plan/graph.hpp"
#include "engine/spatial/spatial_plan.hpp"
#include "execution/executor.hpp"

#include <vector>

namespace widelimit::detail {

/// As PlannedNetwork::statistics, of every node of the graph, from the first bundle_lanes samples.
/// `control` (may be NULL) is checked between trips and receives "statistics". Throws Error(usage)
/// that names a sample whose numbers are not finite.
[[nodiscard]] std::vector<LayerStatistics> field_statistics(const Graph& graph,
                                                            const SpatialPlan& plan,
                                                            SampleRows<double> x,
                                                            Executor& executor, Control* control);
/// Memory of field_statistics(), without the samples.
[[nodiscard]] Memory field_statistics_memory(const Graph& graph, const SpatialPlan& plan);

}  // namespace widelimit::detail
