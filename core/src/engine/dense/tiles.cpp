// Computes tiles of networks without sites: a Gram product for several tiles, then all layers.
#include "engine/dense/tiles.hpp"

#include <widelimit/error.hpp>

#include "base/sizes.hpp"
#include "engine/dense/close_pairs.hpp"
#include "engine/dense/units.hpp"
#include "engine/grid/equal_rows.hpp"
#include "engine/grid/finished_tile.hpp"
#include "engine/grid/sample_facts.hpp"
#include "engine/grid/tile_loop.hpp"
#include "engine/grid/worker_pool.hpp"
#include "execution/blas.hpp"

#include <cblas.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <type_traits>

namespace widelimit::detail {

namespace {

// Rows of one trip: NNGP and NTK, input and output, fill half of a 32 KiB L1 data cache.
template <class T>
constexpr std::int64_t rows_per_trip = sizeof(T) == 4 ? 8 : 4;

// The largest size that BLAS accepts.
constexpr std::int64_t most_for_blas = std::numeric_limits<int>::max();

void compute_gram(const SampleRows<float>& a, const SampleRows<float>& b, float* c) {
  const int m = static_cast<int>(a.count), n = static_cast<int>(b.count),
            k = static_cast<int>(a.features);
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1.0F / static_cast<float>(k),
              a.numbers, static_cast<int>(a.stride), b.numbers, static_cast<int>(b.stride), 0.0F, c,
              n);
}
void compute_gram(const SampleRows<double>& a, const SampleRows<double>& b, double* c) {
  const int m = static_cast<int>(a.count), n = static_cast<int>(b.count),
            k = static_cast<int>(a.features);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1.0 / static_cast<double>(k),
              a.numbers, static_cast<int>(a.stride), b.numbers, static_cast<int>(b.stride), 0.0, c,
              n);
}

// The memory of one thread. `rows` and `cols` are allocated only if a unit at an edge needs them.
template <class T>
struct Worker {
  Worker(const Program& program, std::int64_t unit_side, std::int64_t rows_of_trip, KernelSet which)
      : gram(to_size(unit_side * unit_side)),
        block(to_size(rows_of_trip * tile_side)),
        work(program, rows_of_trip, tile_side) {
    for (const Kernel k : all_kernels)
      if (which[k]) kernels[k].reserve(tile_side * tile_side);
  }
  [[nodiscard]] static std::int64_t bytes(const Program& program, std::int64_t unit_side,
                                          std::int64_t rows_of_trip, std::int64_t features) {
    return static_cast<std::int64_t>(sizeof(T)) * (unit_side * (unit_side + 2 * features) +
                                                   tile_side * (2 * tile_side + rows_of_trip)) +
           TripMemory<T>::bytes(program, rows_of_trip, tile_side);
  }
  Buffer<T> gram, block;
  PerKernel<Buffer<T>> kernels;  // of one tile
  Buffer<T> rows, cols;          // padded samples at an edge
  TripMemory<T> work;
};

// Memory for each sample: its variance and hash, three indices in EqualRows, the variances that
// layers read, and the trip that computes these.
template <class T>
std::int64_t sample_bytes(const Program& program) {
  return static_cast<std::int64_t>(sizeof(T)) * (program.variances + 3) + 4 * 8 +
         TripMemory<T>::bytes(program, 1, 1);
}

// The samples of one side of a unit. Copies them if they need padding with zero rows at an edge, or
// if their stride is too large for BLAS.
template <class T>
SampleRows<T> samples_of(const SampleRows<T>& x, std::int64_t begin, std::int64_t n,
                         std::int64_t padded_n, Buffer<T>& copy) {
  if (n == padded_n && x.stride <= most_for_blas) return x.part(begin, n);
  copy.reserve(to_size(padded_n * x.features));
  T* end = copy.data();
  for (std::int64_t i = begin; i < begin + n; ++i) end = std::copy_n(x.row(i), x.features, end);
  std::fill(end, copy.data() + padded_n * x.features, T{0});
  return sample_rows(copy.data(), padded_n, x.features);
}

// Computes the Gram product of a unit and sets the entries of equal samples to their variance.
template <class T>
void compute_unit_gram(const SamplePair<T>& s, const EqualRows& equal, const T* variance,
                       const Unit& u, Worker<T>& w) {
  const auto [row, col, rows, cols] = u.area;
  T* g = w.gram.data();
  compute_gram(samples_of(s.x1, row, rows, u.height, w.rows),
               samples_of(s.x2, col, cols, u.width, w.cols), g);
  equal.for_each(row, row + rows, col, col + cols, [&](std::int64_t i, std::int64_t j) {
    g[(i - u.area.row) * u.width + (j - u.area.col)] = variance[i];
  });
}

template <class T>
const T* gram_of_tile(const Worker<T>& w, const Unit& u, const TileArea& tile) {
  return w.gram.data() + (tile.row - u.area.row) * u.width + (tile.col - u.area.col);
}

// Runs all layers on a tile of a unit, a few rows at a time. Returns the leading dimension.
template <class T>
std::int64_t compute_tile(const Evaluator<T>& evaluator, const Variances<T>& v1,
                          const Variances<T>& v2, const Unit& u, const TileArea& tile,
                          Worker<T>& w) {
  constexpr std::int64_t step = rows_per_trip<T>;
  const std::int64_t lanes = round_up(tile.cols, vector_lanes);
  const T* const gram = gram_of_tile(w, u, tile);
  PerKernel<T*> out{w.kernels.nngp.data(), w.kernels.ntk.data()};
  for (std::int64_t r = 0; r < tile.rows; r += step) {
    const std::int64_t height = std::min(step, round_up(tile.rows, edge_step) - r);
    for (std::int64_t i = 0; i < height; ++i)
      std::copy_n(gram + (r + i) * u.width, lanes, w.block.data() + i * lanes);
    evaluator.compute_pairs(w.block.data(), height, lanes, v1, tile.row + r, v2, tile.col, w.work,
                            out);
    for (const Kernel k : all_kernels)
      if (out[k] != nullptr) out[k] += height * lanes;
  }
  return lanes;
}

// Throws Error(numeric) if the network underflows for all samples of both sets.
template <class T>
void check_underflow(const SamplePair<T>& s, const Variances<T>& v1, const Variances<T>& v2) {
  UnderflowWatch<T> first(s.x1, SampleSet::x1, Kernel::nngp);
  first.add(v1.diagonal.nngp.data(), 1, 0, s.x1.count);
  if (!s.symmetric()) {
    UnderflowWatch<T> second(s.x2, SampleSet::x2, Kernel::nngp);
    second.add(v2.diagonal.nngp.data(), 1, 0, s.x2.count);
    if (!second.found()) return;
  }
  first.check();
}

}  // namespace

template <class T>
void compute_tiles(const Program& program, const KernelCall<T>& call) {
  const SamplePair<T>& s = call.samples;
  if (s.features() > most_for_blas)
    throw Error(ErrorCode::unsupported, "the samples have more features than BLAS can index");
  const Evaluator<T> evaluator(program);
  const auto facts1 = sample_facts(s.x1, SampleSet::x1, &call.executor);
  const Observer<T> stop = [&](int, const T*, const T*) {
    if (call.control != nullptr) call.control->check();
  };
  const Variances<T> v1 =
      evaluator.compute_variances(facts1.variance.data(), s.x1.count, false, stop);
  SampleFacts<T> other_facts;
  Variances<T> other;
  if (!s.symmetric()) {
    other_facts = sample_facts(s.x2, SampleSet::x2, &call.executor);
    other = evaluator.compute_variances(other_facts.variance.data(), s.x2.count, false, stop);
  }
  const Variances<T>& v2 = s.symmetric() ? v1 : other;
  check_underflow(s, v1, v2);
  const EqualRows equal =
      EqualRows::find(s.x1, facts1.hash, s.x2, s.symmetric() ? facts1.hash : other_facts.hash);

  std::optional<ClosePairs> close;
  if constexpr (std::is_same_v<T, float>)
    close.emplace(program, s, facts1.variance, (s.symmetric() ? facts1 : other_facts).variance);

  const TileGrid grid = unit_grid(s.x1.count, s.x2.count, sizeof(T));
  TileLoop<T> loop(call, grid, [](const Square&) { return 1; });
  WorkerPool<Worker<T>> workers([&] {
    return std::make_unique<Worker<T>>(program, grid.side, rows_per_trip<T>, call.which);
  });
  const TilePhase blas(call.executor.threads());
  loop.on_threads([&](const Square& square) {
    workers.use([&](Worker<T>& w) {
      const Unit unit = unit_of(square, s.features());
      compute_unit_gram(s, equal, facts1.variance.data(), unit, w);
      loop.for_each_tile(unit.area, tile_side, [&](const TileArea& tile) {
        const std::int64_t lanes = compute_tile(evaluator, v1, v2, unit, tile, w);
        const PerKernel<T*> kernels{w.kernels.nngp.data(), w.kernels.ntk.data()};
        if constexpr (std::is_same_v<T, float>)
          close->recompute(tile, gram_of_tile(w, unit, tile), unit.width, kernels, lanes);
        loop.deliver(tile, kernels, lanes);
      });
    });
    loop.add_done(1);
  });
}

template <class T>
Memory tiles_memory(const Program& program, std::int64_t n1, std::int64_t n2,
                    std::int64_t features) {
  Memory memory{
      (padded_lanes(n1) + padded_lanes(n2)) * sample_bytes<T>(program),
      Worker<T>::bytes(program, unit_grid(n1, n2, sizeof(T)).side, rows_per_trip<T>, features)};
  if (std::is_same_v<T, float>) {
    const Memory close = ClosePairs::memory(program, n1, n2);
    memory.shared += close.shared;
    memory.per_thread += close.per_thread;
  }
  return memory;
}

std::int64_t tiles_pair_count(const PairsOfSamples& pairs) noexcept {
  if (!pairs.symmetric) return pairs.rows * round_up(pairs.cols, vector_lanes);
  const std::int64_t side = unit_grid(pairs.rows, pairs.cols, sizeof(float)).diagonal_side;
  std::int64_t sum = 0;
  for (std::int64_t row = 0; row < pairs.rows; row += side)
    sum += std::min(side, pairs.rows - row) * round_up(pairs.rows - row, vector_lanes);
  return sum;
}

template <class T>
Variances<T> dense_diagonals(const Program& program, const SampleRows<T>& x, bool with_ntk,
                             Executor& executor, Control* control) {
  WorkDone done(control, "diagonals", observations(program));
  const auto facts = sample_facts(x, SampleSet::x1, &executor);
  return Evaluator<T>(program).compute_variances(facts.variance.data(), x.count, with_ntk,
                                                 [&](int, const T*, const T*) {
                                                   done.check();
                                                   done.add(1);
                                                 });
}

template <class T>
Memory diagonals_memory(const Program& program, std::int64_t n) {
  return {padded_lanes(n) * sample_bytes<T>(program), 0};
}

template <class T>
void observe_tile(const Program& program, const SampleRows<T>& x, const Observer<T>& of_pairs,
                  const Observer<T>& of_samples) {
  const std::int64_t n = x.count;
  const SamplePair<T> s{x, x};
  const Evaluator<T> evaluator(program);
  const auto facts = sample_facts(x, SampleSet::x1, nullptr);
  const bool with_ntk = static_cast<bool>(of_samples);
  const Variances<T> v =
      evaluator.compute_variances(facts.variance.data(), n, with_ntk, of_samples);
  Worker<T> w(program, tile_side, tile_side, {});
  const TilePhase blas;
  compute_unit_gram(s, EqualRows::find(x, facts.hash, x, facts.hash), facts.variance.data(),
                    {{0, 0, n, n}, tile_side, tile_side}, w);
  evaluator.compute_pairs(w.gram.data(), tile_side, tile_side, v, 0, v, 0, w.work, {}, of_pairs);
}

Memory observation_memory(const Program& program, std::int64_t features) {
  return {tile_side * sample_bytes<double>(program) +
              Worker<double>::bytes(program, tile_side, tile_side, features),
          0};
}

template void observe_tile(const Program&, const SampleRows<float>&, const Observer<float>&,
                           const Observer<float>&);
template void observe_tile(const Program&, const SampleRows<double>&, const Observer<double>&,
                           const Observer<double>&);
template void compute_tiles(const Program&, const KernelCall<float>&);
template void compute_tiles(const Program&, const KernelCall<double>&);
template Memory tiles_memory<float>(const Program&, std::int64_t, std::int64_t, std::int64_t);
template Memory tiles_memory<double>(const Program&, std::int64_t, std::int64_t, std::int64_t);
template Variances<float> dense_diagonals(const Program&, const SampleRows<float>&, bool, Executor&,
                                          Control*);
template Variances<double> dense_diagonals(const Program&, const SampleRows<double>&, bool,
                                           Executor&, Control*);
template Memory diagonals_memory<float>(const Program&, std::int64_t);
template Memory diagonals_memory<double>(const Program&, std::int64_t);

}  // namespace widelimit::detail
