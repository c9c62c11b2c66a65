// A planned network compiled for tiles of one site: buffers, pointwise steps, pending maps.
#pragma once

#include "engine/plan/graph.hpp"
#include "engine/plan/linear_map.hpp"

#include <cstdint>
#include <vector>

namespace widelimit::detail {

/// What reaches a layer: a buffer, with the linear maps that were not yet applied to it.
struct Operand {
  int buffer = 0;
  PointMap pending;
};

/// One call of a plugin's transform.
struct Step {
  const Node* node = nullptr;
  std::vector<Operand> inputs;
  std::vector<widelimit_linear> pending;  ///< of the inputs, as they cross the boundary
  std::vector<widelimit_shape> in_shape;
  int output = 0;
  int variances = -1;  ///< index of the variances it reads; -1: none
};

/// What a layer hands on, and after which step its buffer holds it; -1: before the first.
struct Output {
  Operand value;
  int after_step = -1;
};

/// Buffer 0 is the Gram block, with zero NTK. Buffers are reused as soon as nothing reads them.
struct Program {
  std::vector<Step> steps;
  std::vector<Output> outputs;  ///< of every node of the graph
  Operand result;
  int buffers = 1;
  int variances = 0;
  std::uint64_t scratch_bytes = 0;
};

/// Of a graph where nothing but a leading flatten works on sites; the steps point into it. Throws
/// Error(usage), all problems at once, where a layer mixes sites or a transform is missing.
[[nodiscard]] Program compile(const Graph& graph);

}  // namespace widelimit::detail
