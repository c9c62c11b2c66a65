// A network without sites, compiled to pointwise steps on buffers.
#pragma once

#include "engine/plan/graph.hpp"
#include "engine/plan/linear_map.hpp"

#include <cstdint>
#include <vector>

namespace widelimit::detail {

/// The input of a layer: a buffer and the pending map on it.
struct Operand {
  int buffer = 0;
  PointMap pending;
};

/// One call of a plugin's transform.
struct Step {
  const Node* node = nullptr;
  std::vector<Operand> inputs;
  std::vector<widelimit_linear> pending;  ///< of the inputs, as structs of the C boundary
  std::vector<widelimit_shape> in_shape;
  int output = 0;
  int variances = -1;  ///< index of the variances it reads; -1: none
};

/// The output of a layer, and the step after which its buffer is ready; -1: before the first.
struct Output {
  Operand value;
  int after_step = -1;
};

/// Buffer 0 is the Gram block, whose NTK is zero. A buffer is reused after its last read.
struct Program {
  std::vector<Step> steps;
  std::vector<Output> outputs;  ///< of every node of the graph
  Operand result;
  int buffers = 1;
  int variances = 0;
  std::uint64_t scratch_bytes = 0;
};

/// Compiles a graph in which no layer but a leading flatten works on sites. The steps point into
/// the graph. Throws Error(usage) with all problems: layers that mix sites, missing transforms.
[[nodiscard]] Program compile(const Graph& graph);

}  // namespace widelimit::detail
