// Observes one tile of pairs after each step.
#include "engine/network/tile_statistics.hpp"

#include "base/work_done.hpp"
#include "engine/dense/tiles.hpp"
#include "engine/grid/buffer.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace widelimit::detail {

namespace {

constexpr std::int64_t side = tile_side;

// Computes the statistics of n samples from their kernels, which have leading dimension `ld`.
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

}  // namespace

std::vector<LayerStatistics> tile_statistics(const Graph& graph, const Program& program,
                                             SampleRows<double> x, Control* control) {
  x.count = std::min(x.count, side);
  std::vector<LayerStatistics> statistics(graph.nodes.size());
  if (x.count == 0) return statistics;
  Buffer<double> nngp(side * side), ntk(side * side);
  WorkDone done(control, "statistics", observations(program));
  const Observer<double> observe = [&](int step, const double* k, const double* t) {
    done.check();
    for (std::size_t i = 1; i < graph.nodes.size(); ++i) {
      const Output& o = program.outputs[i];
      if (o.after_step != step) continue;
      apply_nngp(o.value.pending, k, nngp.data(), side * side);
      apply_ntk(o.value.pending, k, t, ntk.data(), side * side);
      summarise(nngp.data(), ntk.data(), x.count, side, statistics[i]);
    }
    done.add(1);
  };
  observe_tile<double>(program, x, observe);
  return statistics;
}

Memory tile_statistics_memory(const Program& program, std::int64_t features) {
  Memory memory = observation_memory(program, features);
  memory.shared += 2 * side * side * static_cast<std::int64_t>(sizeof(double));
  return memory;
}

}  // namespace widelimit::detail
