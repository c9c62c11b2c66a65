// Statistics of every layer for reports: a few samples with themselves, observed on their way
// through the network.
#include <widelimit/network.hpp>

#include "engine/dense/tiles.hpp"
#include "engine/network/compiled.hpp"
#include "engine/network/field_statistics.hpp"
#include "engine/network/network_state.hpp"
#include "engine/spatial/bundle.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace widelimit {

namespace {

// Of n samples whose pairs lie in rows of `ld` numbers.
void summarise(const double* nngp, const double* ntk, std::int64_t n, std::int64_t ld,
               LayerStatistics& s) {
  double correlation = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const double a = nngp[i * ld + i];
    s.mean_variance += a / static_cast<double>(n);
    s.mean_ntk += ntk[i * ld + i] / static_cast<double>(n);
    for (std::int64_t j = i + 1; j < n; ++j) {
      const double scale = std::sqrt(a) * std::sqrt(nngp[j * ld + j]);
      if (scale > 0) correlation += nngp[i * ld + j] / scale;
    }
  }
  if (n > 1)
    s.mean_correlation = correlation / (static_cast<double>(n) * static_cast<double>(n - 1) / 2);
}

// Of the n <= tile_side samples, of every node.
void tile_statistics(const detail::Graph& graph, const detail::Program& program, const double* x,
                     std::int64_t n, std::int64_t features, std::vector<LayerStatistics>& of_node) {
  constexpr std::int64_t side = detail::tile_side;
  detail::Buffer<double> nngp(side * side), ntk(side * side);
  const detail::Observer<double> observe = [&](int step, const double* k, const double* t) {
    for (std::size_t i = 1; i < graph.nodes.size(); ++i) {
      const detail::Output& o = program.outputs[i];
      if (o.after_step != step) continue;
      detail::apply_nngp(o.value.pending, k, nngp.data(), side * side);
      detail::apply_ntk(o.value.pending, k, t, ntk.data(), side * side);
      summarise(nngp.data(), ntk.data(), n, side, of_node[i]);
    }
  };
  detail::observe_tile(program, x, n, features, observe);
}

}  // namespace

std::vector<LayerStatistics> Network::statistics(const Samples& x, Control* control) const {
  const detail::Compiled net(state_->layers, x.shape());
  const auto& nodes = net.graph.nodes;
  std::vector<LayerStatistics> of_node(nodes.size());
  const std::int64_t n = std::min(x.count(), net.dense ? detail::tile_side : detail::bundle_lanes);
  if (n > 0 && x.features() > 0) {
    const Samples some = x.converted(Precision::float64, 0, n);
    const double* const data = some.f64().data();
    if (net.dense)
      tile_statistics(net.graph, *net.dense, data, n, x.features(), of_node);
    else
      of_node =
          detail::field_statistics(net.graph, *net.spatial, data, n, *state_->executor, control);
  }
  std::vector<LayerStatistics> result;
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    of_node[i].pointer = nodes[i].layer->place.pointer;
    of_node[i].type = nodes[i].layer->type;
    result.push_back(std::move(of_node[i]));
  }
  return result;
}

}  // namespace widelimit
