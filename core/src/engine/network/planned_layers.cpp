// See planned_layers.hpp.
#include "engine/network/planned_layers.hpp"

#include "base/sizes.hpp"
#include "engine/spatial/schedule.hpp"
#include "engine/spatial/window_map.hpp"
#include "text/numbers.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <utility>

namespace widelimit::detail {

namespace {

// A linear layer has no loop of its own. This is its share of the loop that applies it: two
// operations for K', four for Theta'.
constexpr double flops_of_linear = 6;

double flops_of(const Node& n) {
  return n.nature == WIDELIMIT_LINEAR ? std::max(n.flops_per_entry, flops_of_linear)
                                      : n.flops_per_entry;
}

std::string output_text(const widelimit_shape& s) {
  const std::span<const std::int64_t> sites(s.spatial, to_size(s.n_spatial));
  if (s.channels > 0) return shape_text(sites, s.channels);
  return sites.empty() ? "?" : shape_text(sites) + " x ?";
}

// The number of displacements of a node's input that are computed, and the total number of sites of
// its output fields.
struct FieldCount {
  std::int64_t displacements = 1, sites = 1;
};

std::vector<FieldCount> field_counts(const Compiled& net) {
  std::vector<FieldCount> counts(net.graph.nodes.size());
  if (!net.spatial) return counts;
  const SpatialProgram& program = net.spatial->program();
  const Schedule& schedule = net.spatial->schedule(Purpose::pairs);
  const auto count_of_op = [&](int op) {
    const auto at = to_size(op);
    FieldCount count{schedule.displacements(at), 0};
    for (std::int32_t f = schedule.first[at]; f < schedule.first[at + 1]; ++f)
      count.sites += Domain(program.ops[at].image, schedule.fields[to_size(f)].d).sites();
    return count;
  };
  // The layer that reads a pending map applies it, so a pending map has the counts of its reader.
  for (std::size_t i = net.graph.nodes.size(); i-- > 1;) {
    const Node& n = net.graph.nodes[i];
    const FieldOperand& out = program.outputs[i];
    if (is_identity(out.pending)) {
      const FieldCount own = count_of_op(out.op);
      if (n.nature == WIDELIMIT_GATHERING)
        counts[i].displacements = count_of_op(program.ops[to_size(out.op)].inputs.empty()
                                                  ? out.op
                                                  : program.ops[to_size(out.op)].inputs.front().op)
                                      .displacements;
      else
        counts[i].displacements = own.displacements;
      counts[i].sites = own.sites;
      continue;
    }
    for (std::size_t r = i + 1; r < net.graph.nodes.size(); ++r)
      for (const int in : net.graph.nodes[r].inputs)
        if (in == static_cast<int>(i) && counts[r].sites > counts[i].sites) counts[i] = counts[r];
  }
  return counts;
}

std::vector<double> flops_of(const Compiled& net, const std::vector<FieldCount>& counts) {
  std::vector<double> flops;
  for (std::size_t i = 0; i < net.graph.nodes.size(); ++i)
    flops.push_back(i == 0 ? 0
                           : flops_of(net.graph.nodes[i]) * static_cast<double>(counts[i].sites));
  return flops;
}

}  // namespace

PlannedLayers planned_layers(const Compiled& net) {
  const std::vector<FieldCount> counts = field_counts(net);
  const std::vector<double> flops = flops_of(net, counts);
  PlannedLayers planned;
  planned.flops_per_entry = std::accumulate(flops.begin(), flops.end(), 0.0);
  for (std::size_t i = 1; i < net.graph.nodes.size(); ++i) {
    const Node& n = net.graph.nodes[i];
    const Node& before = net.graph.nodes[to_size(n.inputs.front())];
    PlannedLayer layer;
    layer.pointer = n.layer->place.pointer;
    layer.type = n.layer->type;
    layer.name = n.layer->name;
    layer.shape = output_text(n.shape);
    layer.displacements = counts[i].displacements;
    layer.possible_displacements = Image(before.shape).displacements();
    layer.share = planned.flops_per_entry > 0 ? flops[i] / planned.flops_per_entry : 0;
    layer.depth = n.depth;
    layer.gaussian = (n.shape.flags & WIDELIMIT_SHAPE_GAUSSIAN) != 0;
    planned.layers.push_back(std::move(layer));
  }
  return planned;
}

}  // namespace widelimit::detail
