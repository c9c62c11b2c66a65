// The implementation of FiniteNetwork: its graph and the position of every layer's parameters.
#pragma once

#include <widelimit/finite.hpp>

#include "engine/plan/graph.hpp"
#include "execution/executor.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace widelimit {

/// Immutable; the graph points into the network's layers.
struct FiniteNetwork::State {
  /// The finite-width data of the graph's node with the same index. Only `values` is set for the
  /// input (index 0).
  struct Node {
    const detail::Layer* layer = nullptr;
    const widelimit_finite_face* face = nullptr;
    std::vector<int> inputs;
    std::vector<const widelimit_shape*> in_shape;
    const widelimit_shape* out_shape = nullptr;
    std::int64_t offset = 0, size = 0;  ///< of its parameters
    std::int64_t values = 0;            ///< size of its output for one sample
    bool has_gradient = false;          ///< its output depends on parameters
  };

  Network network;
  detail::Graph graph;
  std::vector<Node> nodes;
  int output = 0;
  std::vector<Block> blocks;
  SampleShape shape;
  std::int64_t parameters = 0, outputs = 0;
  std::uint64_t scratch_bytes = 0;

  [[nodiscard]] detail::Executor& executor() const noexcept;
  [[nodiscard]] std::int64_t features() const noexcept { return nodes.front().values; }
  /// The number of samples of a piece. A batch of n is cut into equal pieces, whose activations fit
  /// in cache if the network is small. Does not depend on the number of threads.
  [[nodiscard]] std::int64_t rows_per_piece(std::int64_t n) const noexcept;
  /// These throw Error(usage) if the samples or the parameters do not match this network.
  void check_samples(const SamplesView& x) const;
  void check_parameters(std::size_t count) const;
};

}  // namespace widelimit
