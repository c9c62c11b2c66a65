// Statistics of every layer of a network without sites, for reports.
#pragma once

#include <widelimit/memory.hpp>
#include <widelimit/planned_network.hpp>

#include "engine/dense/program.hpp"
#include "engine/grid/sample_rows.hpp"
#include "engine/plan/graph.hpp"

#include <cstdint>
#include <vector>

namespace widelimit::detail {

/// As PlannedNetwork::statistics, of every node of the graph, from the first tile_side samples.
/// `control` (may be NULL) is checked between layers and receives "statistics". Throws Error(usage)
/// that names a sample whose numbers are not finite.
[[nodiscard]] std::vector<LayerStatistics> tile_statistics(const Graph& graph,
                                                           const Program& program,
                                                           SampleRows<double> x, Control* control);
/// What it needs beside the samples.
[[nodiscard]] Memory tile_statistics_memory(const Program& program, std::int64_t features);

}  // namespace widelimit::detail
