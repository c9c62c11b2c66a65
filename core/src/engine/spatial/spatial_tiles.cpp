// The tile loop of networks with sites.
#include "engine/spatial/spatial_tiles.hpp"

#include "engine/grid/finished_tile.hpp"
#include "engine/grid/sample_facts.hpp"
#include "engine/spatial/bundled_samples.hpp"
#include "execution/work_done.hpp"

#include <algorithm>
#include <cstddef>

namespace widelimit::detail {

namespace {

constexpr std::int64_t lanes = bundle_lanes;
// Samples of a tile and their variances take no more than this, unless one bundle does.
constexpr std::int64_t samples_at_most = 24 << 20;
constexpr std::int64_t largest_side = 128;
// Bundles that are cheap are handed to threads several at once.
constexpr std::size_t few_tasks = 100;
constexpr std::int64_t cheap_bundles = 8;

// What all tiles of a call share.
template <class T>
struct Call {
  const SpatialProgram& program;
  const SamplePair<T>& samples;
  KernelSet which;
  KernelSink& sink;
  Executor& executor;
  Control* control;
  std::int64_t side, grain;
  BundleWorkers<T>&of_variances, &of_pairs;
};

template <class T>
struct Tile {
  std::int64_t row, col, rows, cols;
  bool diagonal;

  // Does a bundle of one row hold anything on or above the diagonal?
  [[nodiscard]] bool wanted(std::int64_t r, std::int64_t bundle) const {
    return !diagonal || (bundle + 1) * lanes > r;
  }
};

template <class T>
void compute_tile(const Call<T>& call, const Tile<T>& tile, const SampleVariances<T>& rows,
                  const BundledSamples<T>& cols, T* nngp, T* ntk, WorkDone& done) {
  const std::int64_t bundles = bundles_of(tile.cols), ld = call.side;
  // Rows inside, bundles outside: the variances of a bundle are used while they are in cache.
  call.executor.parallel_for(
      bundles * tile.rows, call.grain, [&](std::int64_t begin, std::int64_t end) {
        BundleVariances<T> v;
        v.first.resize(static_cast<std::size_t>(call.program.variances));
        v.second.resize(v.first.size());
        std::int64_t count = 0;
        for (std::int64_t item = begin; item < end; ++item) {
          const std::int64_t b = item / tile.rows, r = item % tile.rows;
          if (!tile.wanted(r, b)) continue;
          if (call.control != nullptr) call.control->check();
          for (std::size_t i = 0; i < v.first.size(); ++i) {
            v.first[i] = rows.variance(i, r);
            v.second[i] = cols.variance(i, b);
          }
          const std::int64_t at = r * ld + b * lanes;
          call.of_pairs.run({call.samples.x1.row(tile.row + r), cols.data(b), 1}, v, call.control,
                            nngp == nullptr ? nullptr : nngp + at,
                            ntk == nullptr ? nullptr : ntk + at);
          ++count;
        }
        done.add(count);
      });
  deliver(FinishedTile<T>{{tile.row, tile.col, tile.rows, tile.cols},
                          {nngp, ntk},
                          ld,
                          tile.diagonal,
                          call.samples.symmetric() && !tile.diagonal},
          call.sink);
}

template <class T>
std::vector<Tile<T>> tiles_of(const SamplePair<T>& s, std::int64_t side) {
  std::vector<Tile<T>> tiles;
  for (std::int64_t row = 0; row < s.x1.count; row += side)
    for (std::int64_t col = s.symmetric() ? row : 0; col < s.x2.count; col += side)
      tiles.push_back({row, col, std::min(side, s.x1.count - row), std::min(side, s.x2.count - col),
                       s.symmetric() && row == col});
  return tiles;
}

template <class T>
std::int64_t bundles_wanted(const std::vector<Tile<T>>& tiles) {
  std::int64_t n = 0;
  for (const Tile<T>& t : tiles)
    for (std::int64_t r = 0; r < t.rows; ++r)
      for (std::int64_t b = 0; b < bundles_of(t.cols); ++b) n += t.wanted(r, b) ? 1 : 0;
  return n;
}

}  // namespace

template <class T>
void compute_spatial_tiles(const SpatialPlan& plan, const SamplePair<T>& s, KernelSet which,
                           KernelSink& sink, Executor& executor, Control* control,
                           const std::string& phase) {
  static_cast<void>(sample_facts(s.x1, SampleSet::x1, &executor));
  if (!s.symmetric()) static_cast<void>(sample_facts(s.x2, SampleSet::x2, &executor));
  const SpatialProgram& program = plan.program();
  const Schedule &variances = plan.schedule(Purpose::variances),
                 &pairs = plan.schedule(Purpose::pairs);
  BundleWorkers<T> of_variances(program, variances, false), of_pairs(program, pairs, which.ntk);
  const std::int64_t side = spatial_tile_side<T>(plan, std::max(s.x1.count, s.x2.count));
  const Call<T> call{
      program,      s,       which, sink,
      executor,     control, side,  pairs.tasks.size() > few_tasks ? 1 : cheap_bundles,
      of_variances, of_pairs};
  BundledSamples<T> cols(program, side);
  SampleVariances<T> rows(program, side);
  const auto kernel = static_cast<std::size_t>(side * side);
  Buffer<T> nngp(which.nngp ? kernel : 0), ntk(which.ntk ? kernel : 0);
  std::vector<Tile<T>> tiles = tiles_of(s, side);
  const std::int64_t total = bundles_wanted(tiles);
  std::erase_if(tiles, [&](const Tile<T>& t) { return sink.has({t.row, t.col, t.rows, t.cols}); });
  WorkDone done(control, phase, total, total - bundles_wanted(tiles));
  std::int64_t row = -1;
  for (const Tile<T>& tile : tiles) {
    if (tile.row != row) {
      // The rows' lanes are needed only to be turned; their memory is the columns'.
      cols.fill(s.x1.part(tile.row, tile.rows), of_variances, executor, control, nullptr, nullptr);
      rows.take(cols, tile.rows);
      row = tile.row;
    }
    if (!tile.diagonal)
      cols.fill(s.x2.part(tile.col, tile.cols), of_variances, executor, control, nullptr, nullptr);
    compute_tile(call, tile, rows, cols, nngp.data(), ntk.data(), done);
  }
}

template <class T>
Memory spatial_tiles_memory(const SpatialPlan& plan, std::int64_t n, bool ntk) {
  const SpatialProgram& program = plan.program();
  const std::int64_t side = spatial_tile_side<T>(plan, n);
  const auto size = static_cast<std::int64_t>(sizeof(T));
  const Schedule &variances = plan.schedule(Purpose::variances),
                 &pairs = plan.schedule(Purpose::pairs);
  return {side * (sample_numbers(program) + (ntk ? 2 : 1) * side) * size + variances.bytes() +
              pairs.bytes(),
          BundleMemory<T>::bytes(program, pairs, ntk) +
              BundleMemory<T>::bytes(program, variances, false)};
}

std::int64_t spatial_tiles_pairs(std::int64_t n1, std::int64_t n2, bool symmetric) noexcept {
  const std::int64_t whole = bundles_of(n2) * lanes;
  if (!symmetric) return n1 * whole;
  // Row r begins with the bundle that holds the diagonal.
  const std::int64_t bundles = n1 / lanes, rest = n1 % lanes;
  return lanes * (bundles * whole - lanes * bundles * (bundles - 1) / 2) +
         rest * (whole - lanes * bundles);
}

// Fixed for a network and a precision, so tiles lie on one grid whatever is computed; of fewer
// samples the grid is one tile.
template <class T>
std::int64_t spatial_tile_side(const SpatialPlan& plan, std::int64_t n) {
  const std::int64_t bytes = sample_numbers(plan.program()) * static_cast<std::int64_t>(sizeof(T));
  std::int64_t side = largest_side;
  while (side > lanes && side * bytes > samples_at_most) side /= 2;
  return std::min(side, bundles_of(n) * lanes);
}

template <class T>
void spatial_diagonals(const SpatialPlan& plan, const SampleRows<T>& x, Executor& executor, T* nngp,
                       T* ntk) {
  BundleWorkers<T> workers(plan.program(), plan.schedule(Purpose::itself), ntk != nullptr);
  const std::int64_t side = spatial_tile_side<T>(plan, x.count);
  BundledSamples<T> samples(plan.program(), side);
  for (std::int64_t begin = 0; begin < x.count; begin += side)
    samples.fill(x.part(begin, std::min(side, x.count - begin)), workers, executor, nullptr,
                 nngp == nullptr ? nullptr : nngp + begin, ntk == nullptr ? nullptr : ntk + begin);
}

template <class T>
Memory spatial_diagonals_memory(const SpatialPlan& plan, std::int64_t n, bool ntk) {
  const Schedule& schedule = plan.schedule(Purpose::itself);
  return {spatial_tile_side<T>(plan, n) * sample_numbers(plan.program()) *
                  static_cast<std::int64_t>(sizeof(T)) +
              schedule.bytes(),
          BundleMemory<T>::bytes(plan.program(), schedule, ntk)};
}

template void compute_spatial_tiles(const SpatialPlan&, const SamplePair<float>&, KernelSet,
                                    KernelSink&, Executor&, Control*, const std::string&);
template void compute_spatial_tiles(const SpatialPlan&, const SamplePair<double>&, KernelSet,
                                    KernelSink&, Executor&, Control*, const std::string&);
template Memory spatial_tiles_memory<float>(const SpatialPlan&, std::int64_t, bool);
template Memory spatial_tiles_memory<double>(const SpatialPlan&, std::int64_t, bool);
template std::int64_t spatial_tile_side<float>(const SpatialPlan&, std::int64_t);
template std::int64_t spatial_tile_side<double>(const SpatialPlan&, std::int64_t);
template void spatial_diagonals(const SpatialPlan&, const SampleRows<float>&, Executor&, float*,
                                float*);
template void spatial_diagonals(const SpatialPlan&, const SampleRows<double>&, Executor&, double*,
                                double*);
template Memory spatial_diagonals_memory<float>(const SpatialPlan&, std::int64_t, bool);
template Memory spatial_diagonals_memory<double>(const SpatialPlan&, std::int64_t, bool);

}  // namespace widelimit::detail
