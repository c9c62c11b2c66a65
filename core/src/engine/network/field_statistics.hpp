// What every layer of a network with sites makes of a few samples, for reports.
#pragma once

#include <widelimit/network.hpp>

#include "engine/plan/graph.hpp"
#include "engine/spatial/spatial_program.hpp"
#include "execution/executor.hpp"

#include <cstdint>
#include <vector>

namespace widelimit::detail {

/// As Network::statistics, of every node of the graph, from the first bundle_lanes of n contiguous
/// samples. Throws Error(usage) that names a sample whose numbers are not finite, and
/// Error(cancelled).
[[nodiscard]] std::vector<LayerStatistics> field_statistics(const Graph& graph,
                                                            const SpatialProgram& program,
                                                            const double* x, std::int64_t n,
                                                            Executor& executor, Control* control);

/// Bytes it needs beside the samples, on so many threads.
[[nodiscard]] std::int64_t field_statistics_bytes(const Graph& graph, const SpatialProgram& program,
                                                  std::int64_t threads);

}  // namespace widelimit::detail
