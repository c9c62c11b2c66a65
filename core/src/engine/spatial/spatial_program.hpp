// A planned network with sites, compiled: operations on fields, with linear maps folded into what
// reads them where that is exact.
#pragma once

#include "engine/plan/graph.hpp"
#include "engine/plan/image.hpp"

#include <cstdint>
#include <vector>

namespace widelimit::detail {

/// What reaches an operation: the fields of an earlier one, and a map not yet applied to them.
struct FieldOperand {
  int op = 0;
  widelimit_linear pending{};
};

/// One operation; its output is a family of fields, one a displacement.
struct FieldOp {
  enum class Kind {
    data,       ///< covariances of the samples' sites
    map,        ///< core applies the pending map of its input
    transform,  ///< a plugin's pointwise layer
    stencil,    ///< a plugin's other linear map
    gather      ///< a plugin's layer that mixes displacements
  };
  Kind kind = Kind::data;
  const Node* node = nullptr;  ///< of transform, stencil, gather
  std::vector<FieldOperand> inputs;
  std::vector<widelimit_shape> in_shape;  ///< after pending maps
  Image image;                            ///< of the output
  int level = 0;       ///< how many gathering layers lie on the way from the data, at most
  int variances = -1;  ///< index of the variances it reads; -1: none
  bool site_mean = false;

  [[nodiscard]] bool in_sweep() const noexcept { return kind != Kind::gather; }
};

/// Operations in topological order; number 0 is the data.
struct SpatialProgram {
  std::vector<FieldOp> ops;
  std::vector<FieldOperand> produced;  ///< of every node of the graph
  FieldOperand result;                 ///< without sites
  std::int64_t channels = 0;           ///< of the data
  int levels = 1;
  int variances = 0;

  [[nodiscard]] const FieldOp& of_variances(int index) const;
};

/// Does anything but a leading flatten work on sites?
[[nodiscard]] bool works_on_sites(const Graph& graph);

/// The operations point into `graph`. Throws Error(usage), all problems at once.
[[nodiscard]] SpatialProgram compile_spatial(const Graph& graph);

}  // namespace widelimit::detail
