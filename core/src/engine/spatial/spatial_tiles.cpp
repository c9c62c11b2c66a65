// Computes tiles of networks with sites: variances of the samples, then bundles on all threads.
#include "engine/spatial/spatial_tiles.hpp"

#include "base/sizes.hpp"
#include "engine/grid/finished_tile.hpp"
#include "engine/grid/sample_facts.hpp"
#include "engine/grid/tile_loop.hpp"
#include "engine/spatial/bundled_samples.hpp"
#include "engine/spatial/close_bundles.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <type_traits>

namespace widelimit::detail {

namespace {

constexpr std::int64_t lanes = bundle_lanes;
// The most bytes of the samples of a tile with their variances, unless a bundle needs more.
constexpr std::int64_t most_sample_bytes = 24 << 20;
constexpr std::int64_t largest_side = 128;
// Threads take several bundles at once if the schedule has few tasks, because such bundles are
// cheap.
constexpr std::size_t few_tasks = 100;
constexpr std::int64_t cheap_bundles = 8;

template <class T>
TileGrid grid_of(const SpatialPlan& plan, const SamplePair<T>& s) {
  const std::int64_t n = std::max(s.x1.count, s.x2.count), side = spatial_tile_side<T>(plan, n);
  // Row by row, so that the variances of the rows are computed once for all tiles of a row.
  return {.side = side, .diagonal_side = side, .neighbourhood = round_up(n, side)};
}

// Whether a bundle of one row has entries on or above the diagonal.
bool is_needed(const Square& square, std::int64_t row, std::int64_t bundle) {
  return !square.diagonal || (bundle + 1) * lanes > row;
}

std::int64_t needed_bundles(const Square& square) {
  std::int64_t n = 0;
  for (std::int64_t r = 0; r < square.area.rows; ++r)
    for (std::int64_t b = 0; b < bundle_count(square.area.cols); ++b)
      n += is_needed(square, r, b) ? 1 : 0;
  return n;
}

// The samples of a tile, with the variances that layers normalise them by.
template <class T>
struct TileSamples {
  SampleVariances<T> rows;
  BundledSamples<T> cols;
};

// Computes all bundles of a tile on all threads. `out` has leading dimension `ld`.
template <class T>
void compute_tile(const SpatialProgram& program, const KernelCall<T>& call, TileLoop<T>& loop,
                  const Square& tile, const TileSamples<T>& samples, BundleWorkers<T>& workers,
                  std::int64_t grain, const PerKernel<T*>& out, std::int64_t ld) {
  const std::int64_t rows = tile.area.rows, bundles = bundle_count(tile.area.cols);
  // The inner loop is over rows, so that the variances of a bundle stay in cache.
  call.executor.parallel_for(bundles * rows, grain, [&](std::int64_t begin, std::int64_t end) {
    BundleVariances<T> v;
    v.first.resize(to_size(program.variances));
    v.second.resize(v.first.size());
    std::int64_t count = 0;
    for (std::int64_t item = begin; item < end; ++item) {
      const std::int64_t b = item / rows, r = item % rows;
      if (!is_needed(tile, r, b)) continue;
      loop.stop_if_cancelled();
      for (std::size_t i = 0; i < v.first.size(); ++i) {
        v.first[i] = samples.rows.variance(i, r);
        v.second[i] = samples.cols.variance(i, b);
      }
      const std::int64_t at = r * ld + b * lanes;
      const T* const row = call.samples.x1.row(tile.area.row + r);
      workers.run({row, samples.cols.data(b), 1}, v, call.control,
                  {out.nngp == nullptr ? nullptr : out.nngp + at,
                   out.ntk == nullptr ? nullptr : out.ntk + at});
      ++count;
    }
    loop.add_done(count);
  });
}

}  // namespace

// Depends on the network and the precision only, so that all computations have the same grid,
// except that few samples make one smaller tile.
template <class T>
std::int64_t spatial_tile_side(const SpatialPlan& plan, std::int64_t n) {
  const std::int64_t bytes = sample_numbers(plan.program()) * static_cast<std::int64_t>(sizeof(T));
  std::int64_t side = largest_side;
  while (side > lanes && side * bytes > most_sample_bytes) side /= 2;
  return std::min(side, bundle_count(n) * lanes);
}

template <class T>
void compute_spatial_tiles(const SpatialPlan& plan, const KernelCall<T>& call) {
  const SamplePair<T>& s = call.samples;
  static_cast<void>(sample_facts(s.x1, SampleSet::x1, &call.executor));
  if (!s.symmetric()) static_cast<void>(sample_facts(s.x2, SampleSet::x2, &call.executor));
  const SpatialProgram& program = plan.program();
  const Schedule &variances = plan.schedule(Purpose::variances),
                 &pairs = plan.schedule(Purpose::pairs);
  BundleWorkers<T> variance_workers(program, variances, false),
      pair_workers(program, pairs, call.which.ntk);
  const std::int64_t grain = pairs.tasks.size() > few_tasks ? 1 : cheap_bundles;
  const TileGrid grid = grid_of(plan, s);
  TileSamples<T> samples{{program, grid.side}, {program, grid.side}};
  PerKernel<Buffer<T>> kernels;
  for (const Kernel k : all_kernels)
    if (call.which[k]) kernels[k].reserve(to_size(grid.side * grid.side));
  const PerKernel<T*> out{kernels.nngp.data(), kernels.ntk.data()};
  const auto fill_columns = [&](const SampleRows<T>& x) {
    samples.cols.fill(x, variance_workers, call.executor, call.control, {});
  };
  std::optional<CloseBundles> close;
  if constexpr (std::is_same_v<T, float>) close.emplace(plan, call);
  TileLoop<T> loop(call, grid, needed_bundles);
  const Kernel watched = call.which.nngp ? Kernel::nngp : Kernel::ntk;
  UnderflowWatch<T> underflow(s.x1, SampleSet::x1, watched);
  std::int64_t row = -1;
  loop.in_order([&](const Square& tile) {
    if (tile.area.row != row) {
      // The rows are needed in lanes only until they are transposed, so they use the columns'
      // memory.
      fill_columns(s.x1.part(tile.area.row, tile.area.rows));
      samples.rows.copy_from(samples.cols, tile.area.rows);
      row = tile.area.row;
    }
    if (!tile.diagonal) fill_columns(s.x2.part(tile.area.col, tile.area.cols));
    compute_tile(program, call, loop, tile, samples, pair_workers, grain, out, grid.side);
    if constexpr (std::is_same_v<T, float>) close->recompute(tile, out, grid.side);
    loop.deliver(tile.area, out, grid.side);
    if (tile.diagonal) underflow.add(out[watched], grid.side + 1, tile.area.row, tile.area.rows);
  });
  underflow.check();
}

template <class T>
Memory spatial_tiles_memory(const SpatialPlan& plan, std::int64_t n, bool ntk) {
  const SpatialProgram& program = plan.program();
  const std::int64_t side = spatial_tile_side<T>(plan, n);
  const auto size = static_cast<std::int64_t>(sizeof(T));
  const Schedule &variances = plan.schedule(Purpose::variances),
                 &pairs = plan.schedule(Purpose::pairs);
  const std::int64_t close = std::is_same_v<T, float> ? CloseBundles::memory(n, side).shared : 0;
  return {side * (sample_numbers(program) + (ntk ? 2 : 1) * side) * size + variances.bytes() +
              pairs.bytes() + close,
          BundleMemory<T>::bytes(program, pairs, ntk) +
              BundleMemory<T>::bytes(program, variances, false)};
}

std::int64_t spatial_tiles_pair_count(const PairsOfSamples& pairs) noexcept {
  const std::int64_t whole = bundle_count(pairs.cols) * lanes;
  if (!pairs.symmetric) return pairs.rows * whole;
  // Each row begins with the bundle that contains the diagonal.
  const std::int64_t bundles = pairs.rows / lanes, rest = pairs.rows % lanes;
  return lanes * (bundles * whole - lanes * bundles * (bundles - 1) / 2) +
         rest * (whole - lanes * bundles);
}

template <class T>
void spatial_diagonals(const SpatialPlan& plan, const SampleRows<T>& x, Executor& executor,
                       Control* control, const PerKernel<T*>& out) {
  static_cast<void>(sample_facts(x, SampleSet::x1, &executor));
  WorkDone done(control, "diagonals", bundle_count(x.count));
  BundleWorkers<T> workers(plan.program(), plan.schedule(Purpose::diagonals), out.ntk != nullptr);
  const std::int64_t side = spatial_tile_side<T>(plan, x.count);
  BundledSamples<T> samples(plan.program(), side);
  for (std::int64_t begin = 0; begin < x.count; begin += side)
    samples.fill(x.part(begin, std::min(side, x.count - begin)), workers, executor, control,
                 {out.nngp == nullptr ? nullptr : out.nngp + begin,
                  out.ntk == nullptr ? nullptr : out.ntk + begin},
                 &done);
}

template <class T>
Memory spatial_diagonals_memory(const SpatialPlan& plan, std::int64_t n, bool ntk) {
  const Schedule& schedule = plan.schedule(Purpose::diagonals);
  return {spatial_tile_side<T>(plan, n) * sample_numbers(plan.program()) *
                  static_cast<std::int64_t>(sizeof(T)) +
              schedule.bytes(),
          BundleMemory<T>::bytes(plan.program(), schedule, ntk)};
}

template void compute_spatial_tiles(const SpatialPlan&, const KernelCall<float>&);
template void compute_spatial_tiles(const SpatialPlan&, const KernelCall<double>&);
template Memory spatial_tiles_memory<float>(const SpatialPlan&, std::int64_t, bool);
template Memory spatial_tiles_memory<double>(const SpatialPlan&, std::int64_t, bool);
template std::int64_t spatial_tile_side<float>(const SpatialPlan&, std::int64_t);
template std::int64_t spatial_tile_side<double>(const SpatialPlan&, std::int64_t);
template void spatial_diagonals(const SpatialPlan&, const SampleRows<float>&, Executor&, Control*,
                                const PerKernel<float*>&);
template void spatial_diagonals(const SpatialPlan&, const SampleRows<double>&, Executor&, Control*,
                                const PerKernel<double*>&);
template Memory spatial_diagonals_memory<float>(const SpatialPlan&, std::int64_t, bool);
template Memory spatial_diagonals_memory<double>(const SpatialPlan&, std::int64_t, bool);

}  // namespace widelimit::detail
