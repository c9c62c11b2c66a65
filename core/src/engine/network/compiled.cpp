// Chooses the engine for a network.
#include "engine/network/compiled.hpp"

#include <widelimit/error.hpp>

#include "base/sizes.hpp"

#include <string>

namespace widelimit::detail {

Compiled::Compiled(const std::vector<Layer>& layers, const SampleShape& shape)
    : graph(plan_graph(layers, shape)) {
  const Node& last = graph.nodes[to_size(graph.output)];
  if (const std::int32_t axes = last.shape.n_spatial; axes != 0) {
    Problem problem;
    problem.pointer = "/network";
    problem.message = "the network ends with " + std::to_string(axes) +
                      (axes == 1 ? " spatial axis" : " spatial axes") +
                      ": end it with flatten or global_avg_pool, or begin with flatten";
    throw Error(ErrorCode::usage, std::vector{std::move(problem)});
  }
  if (works_on_sites(graph))
    spatial.emplace(compile_spatial(graph));
  else
    dense.emplace(compile(graph));
}

}  // namespace widelimit::detail
