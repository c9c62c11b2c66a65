// A network as a directed acyclic graph of planned layers, shared by the kernel engine and the
// finite network.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/sample_shape.hpp>

#include "boundary/layer.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace widelimit::detail {

/// One planned layer.
struct Node {
  const Layer* layer = nullptr;  ///< NULL: the network's input
  std::vector<int> inputs;       ///< indices of earlier nodes
  int depth = 0;                 ///< nesting depth of branches
  widelimit_shape shape{};       ///< of the output
  std::int32_t nature = 0;
  std::uint64_t traits = 0;
  /// The largest window of a pending map that the transform applies, for each axis.
  std::array<std::int32_t, 4> max_window{1, 1, 1, 1};
  widelimit_linear linear{};
  std::uint64_t scratch_bytes = 0;
  double flops_per_entry = 0;
  std::uint32_t n_site_terms = 0;  ///< numbers per variance; 0: the variance itself
};

/// Nodes in topological order; node 0 is the input.
struct Graph {
  std::vector<Node> nodes;
  int output = 0;  ///< index of the network's last node
};

/// Plans the layers for samples of this shape. Throws Error(usage) with every problem; each states
/// the layer's position, the reason and the remedy.
[[nodiscard]] Graph plan_graph(const std::vector<Layer>& layers, const SampleShape& shape);

}  // namespace widelimit::detail
