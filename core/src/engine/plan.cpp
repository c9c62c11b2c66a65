// What a plan says before anything runs: shapes and work of every layer.
#include <widelimit/network.hpp>

#include "engine/compiled.hpp"
#include "engine/network_state.hpp"

#include <algorithm>
#include <numeric>
#include <string>

namespace widelimit {

namespace {

using detail::Graph;
using detail::Node;

// A linear layer computes nothing itself: this is its share of the loop that applies it (two
// operations for K', four for Theta').
constexpr double flops_of_linear = 6;

double flops_of(const Node& n) {
  return n.nature == WIDELIMIT_LINEAR ? std::max(n.flops_per_entry, flops_of_linear)
                                      : n.flops_per_entry;
}

double flops_of(const Graph& graph) {
  double sum = 0;
  for (const Node& n : graph.nodes)
    if (n.layer != nullptr) sum += flops_of(n);
  return sum;
}

std::string shape_text(const widelimit_shape& s) {
  std::string text;
  for (std::int32_t a = 0; a < s.n_spatial; ++a) text += std::to_string(s.spatial[a]) + " x ";
  return text + (s.channels > 0 ? std::to_string(s.channels) : "?");
}

// Site pairs of an image have as many displacements as this; a dense network has one.
std::int64_t displacements_of(const widelimit_shape& s) {
  std::int64_t n = 1;
  for (std::int32_t a = 0; a < s.n_spatial; ++a) n *= 2 * s.spatial[a] - 1;
  return n;
}

}  // namespace

std::vector<PlanRow> Network::plan(const std::vector<std::int64_t>& sites,
                                   std::int64_t channels) const {
  const detail::Compiled net(state_->layers, sites, channels);
  const double total = flops_of(net.graph);
  std::vector<PlanRow> rows;
  for (const Node& n : net.graph.nodes) {
    if (n.layer == nullptr) continue;
    PlanRow row;
    row.pointer = n.layer->place.pointer;
    row.type = n.layer->type;
    row.name = n.layer->name;
    row.shape = shape_text(n.shape);
    row.of = displacements_of(net.graph.nodes[static_cast<std::size_t>(n.inputs.front())].shape);
    row.share = total > 0 ? flops_of(n) / total : 0;
    row.depth = n.depth;
    row.gaussian = (n.shape.flags & WIDELIMIT_SHAPE_GAUSSIAN) != 0;
    rows.push_back(std::move(row));
  }
  return rows;
}

double Network::flops_per_entry(std::int64_t channels) const {
  return flops_of(detail::Compiled(state_->layers, {}, channels).graph);
}

}  // namespace widelimit
