// A network with sites, compiled to operations on fields. Linear maps are folded into the operation
// that reads them if that is exact.
#pragma once

#include "engine/plan/graph.hpp"
#include "engine/plan/image.hpp"

#include <cstdint>
#include <vector>

namespace widelimit::detail {

/// The input of an operation: the fields of an earlier operation and the pending map on them.
struct FieldOperand {
  int op = 0;
  widelimit_linear pending{};
};

/// One operation. Its output has a field for each displacement.
struct FieldOp {
  enum class Kind {
    data,       ///< covariances of the samples' sites
    map,        ///< core applies the pending map of its input
    transform,  ///< a plugin's pointwise layer
    stencil,    ///< a plugin's linear layer that is not a window
    gather      ///< a plugin's layer that mixes displacements
  };
  Kind kind = Kind::data;
  const Node* node = nullptr;  ///< of transform, stencil, gather
  std::vector<FieldOperand> inputs;
  std::vector<widelimit_shape> in_shape;  ///< of the inputs after their pending maps
  Image image;                            ///< of the output
  int level = 0;                          ///< most gathering layers on a path from the data
  int variances = -1;                     ///< index of the variances it reads; -1: none
  bool site_mean = false;

  /// Trips compute its fields. Gathering layers accumulate over all trips of a level.
  [[nodiscard]] bool in_trip() const noexcept { return kind != Kind::gather; }
};

/// Operations in topological order; operation 0 is the data.
struct SpatialProgram {
  std::vector<FieldOp> ops;
  std::vector<FieldOperand> outputs;  ///< of every node of the graph
  FieldOperand result;                ///< the network's end, without sites
  std::int64_t channels = 0;          ///< of the data
  int levels = 1;
  int variances = 0;

  /// The operation whose `variances` is `index`.
  [[nodiscard]] const FieldOp& reader_of_variances(int index) const;
};

/// Whether any layer but a leading flatten works on sites.
[[nodiscard]] bool works_on_sites(const Graph& graph);

/// Compiles a graph. The operations point into it. Throws Error(usage) with all problems.
[[nodiscard]] SpatialProgram compile_spatial(const Graph& graph);

}  // namespace widelimit::detail
