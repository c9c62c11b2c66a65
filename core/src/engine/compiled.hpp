// A network planned and compiled for samples of one shape.
#pragma once

#include "engine/graph.hpp"
#include "engine/program.hpp"

#include <cstdint>
#include <vector>

namespace widelimit::detail {

/// Not copied: the program points into the graph, and both into the layers.
struct Compiled {
  Graph graph;
  Program program;

  Compiled(const std::vector<Layer>& layers, const std::vector<std::int64_t>& sites,
           std::int64_t channels)
      : graph(plan_graph(layers, sites, channels)), program(compile(graph)) {}
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;
};

}  // namespace widelimit::detail
