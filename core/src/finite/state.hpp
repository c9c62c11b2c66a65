// What stands behind a FiniteNetwork: its graph with every layer's place in the parameter vector.
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
  /// What the graph's node of the same index needs at finite width. Of the input (index 0) only
  /// `values` is set.
  struct Node {
    const detail::Layer* layer = nullptr;
    const widelimit_finite_face* face = nullptr;
    std::vector<int> inputs;
    std::vector<const widelimit_shape*> in_shape;
    const widelimit_shape* out_shape = nullptr;
    std::int64_t offset = 0, size = 0;  ///< its parameters
    std::int64_t values = 0;            ///< numbers of one sample of its output
    bool learns = false;                ///< its output depends on parameters
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
  /// Samples that go through the network together: a batch of n is cut into equal pieces, the same
  /// for any number of threads, whose activations stay in the cache where the network is small.
  [[nodiscard]] std::int64_t rows_at_once(std::int64_t n) const noexcept;
  /// Throws Error(usage) where these are not samples of this network, or not `theta`.
  void check_samples(const SamplesView& x) const;
  void check_parameters(std::size_t count) const;
};

}  // namespace widelimit
