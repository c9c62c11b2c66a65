// The fields of a network's layers while a bundle runs, for observers.
#pragma once

#include "base/sizes.hpp"
#include "engine/grid/buffer.hpp"
#include "engine/plan/graph.hpp"
#include "engine/spatial/spatial_program.hpp"
#include "engine/spatial/window_map.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace widelimit::detail {

/// Computes the fields of displacement 0 of all nodes, including linear layers that were folded
/// into another operation. These depend only on displacement 0 of their input, for any window.
template <class T>
class NodeFields {
 public:
  NodeFields(const Graph& graph, const SpatialProgram& program) : graph_(graph), program_(program) {
    nodes_.resize(program.ops.size());
    for (std::size_t i = 1; i < graph.nodes.size(); ++i)
      nodes_[to_size(program.outputs[i].op)].push_back(i);
  }

  /// Calls f(node, field) for every node whose output is the operation's field or a map of it.
  template <class F>
  void read(std::int32_t op, const FieldPart<T>& field, F&& f) {
    for (const std::size_t node : nodes_[to_size(op)]) {
      const widelimit_linear& map = program_.outputs[node].pending;
      f(node, is_identity(map) ? field
                               : apply_map(map, program_.ops[to_size(op)].image,
                                           Image(graph_.nodes[node].shape), field));
    }
  }

 private:
  FieldPart<T> apply_map(const widelimit_linear& map, const Image& image, const Image& output,
                         FieldPart<T> from) {
    const Domain domain(output, {}), reach = reach_of(map, image, {}, domain);
    const bool with_ntk = from.ntk != nullptr;
    const auto reserve = [&](Buffer<T>& buffer, std::int64_t sites) {
      buffer.reserve(to_size(sites * bundle_lanes));
      return buffer.data();
    };
    if (map.circular != 0) {
      T* const nngp = reserve(wrapped_, reach.sites());
      T* const ntk = with_ntk ? reserve(wrapped_ntk_, reach.sites()) : nullptr;
      join_parts(&from, 1, image, reach, nngp, ntk);
      from = {reach, nngp, ntk};
    }
    const Axes& extent = from.domain.extent;
    T* const row = reserve(row_, 2 * *std::max_element(extent.begin(), extent.end()));
    T* const nngp = reserve(nngp_, domain.sites());
    T* const ntk = with_ntk ? reserve(ntk_, domain.sites()) : nullptr;
    apply_window(map, from, domain, row, nngp, ntk);
    return {domain, nngp, ntk};
  }

  const Graph& graph_;
  const SpatialProgram& program_;
  std::vector<std::vector<std::size_t>> nodes_;  // of every operation
  Buffer<T> row_, wrapped_, wrapped_ntk_, nngp_, ntk_;
};

}  // namespace widelimit::detail
