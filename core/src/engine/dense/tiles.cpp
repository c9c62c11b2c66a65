// Tiles of networks without sites: a Gram product for several of them, then all layers.
#include "engine/dense/tiles.hpp"

#include <widelimit/error.hpp>

#include "engine/dense/units.hpp"
#include "engine/grid/equal_rows.hpp"
#include "engine/grid/sample_facts.hpp"
#include "engine/grid/tile_loop.hpp"
#include "engine/grid/worker_pool.hpp"
#include "execution/blas.hpp"

#include <cblas.h>

#include <algorithm>
#include <limits>
#include <memory>

namespace widelimit::detail {

namespace {

// Rows of one trip: nngp and ntk, in and out, together fill half of a 32 KiB L1 data cache.
template <class T>
constexpr std::int64_t rows_per_trip = sizeof(T) == 4 ? 8 : 4;
constexpr std::int64_t vector_lanes = 16;  // lanes come in multiples of these (abi.h)

void gram(const Unit& u, const float* a, const float* b, float* c, std::int64_t features) {
  const int m = static_cast<int>(u.height), n = static_cast<int>(u.width),
            k = static_cast<int>(features);
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1.0F / static_cast<float>(k), a, k,
              b, k, 0.0F, c, n);
}
void gram(const Unit& u, const double* a, const double* b, double* c, std::int64_t features) {
  const int m = static_cast<int>(u.height), n = static_cast<int>(u.width),
            k = static_cast<int>(features);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1.0 / static_cast<double>(k), a, k,
              b, k, 0.0, c, n);
}

// What one worker keeps between units. Memory that only units at an edge need is claimed by them.
template <class T>
struct Worker {
  Worker(const Program& program, std::int64_t unit_side, std::int64_t rows_of_trip, KernelSet which)
      : gram(static_cast<std::size_t>(unit_side * unit_side)),
        block(static_cast<std::size_t>(rows_of_trip * tile_side)),
        work(program, rows_of_trip, tile_side) {
    for (const Kernel k : all_kernels)
      if (which[k]) kernels[k].reserve(tile_side * tile_side);
  }
  Buffer<T> gram, block;
  PerKernel<Buffer<T>> kernels;  // of a tile; nothing where not asked for
  Buffer<T> rows, cols;          // samples at an edge, padded
  TripMemory<T> work;
};

// The samples of a unit's side: at an edge a copy padded with zero rows.
template <class T>
const T* samples_of(const T* x, std::int64_t begin, std::int64_t n, std::int64_t padded_n,
                    std::int64_t features, Buffer<T>& padded_copy) {
  const T* first = x + begin * features;
  if (n == padded_n) return first;
  padded_copy.reserve(static_cast<std::size_t>(padded_n * features));
  T* end = std::copy(first, first + n * features, padded_copy.data());
  std::fill(end, padded_copy.data() + padded_n * features, T{0});
  return padded_copy.data();
}

// The Gram product of a unit, with the samples' own variances where the two samples are equal.
template <class T>
void gram_of(const SamplePair<T>& s, const EqualRows& equal, const T* variance, const Unit& u,
             Worker<T>& w) {
  const auto [row, col, rows, cols] = u.area;
  T* g = w.gram.data();
  gram(u, samples_of(s.x1, row, rows, u.height, s.features, w.rows),
       samples_of(s.x2, col, cols, u.width, s.features, w.cols), g, s.features);
  equal.for_each(row, row + rows, col, col + cols, [&](std::int64_t i, std::int64_t j) {
    g[(i - u.area.row) * u.width + (j - u.area.col)] = variance[i];
  });
}

// All layers on a tile of a unit, a few rows at a time. Gives the numbers between rows.
template <class T>
std::int64_t compute_tile(const Evaluator<T>& evaluator, const Variances<T>& v1,
                          const Variances<T>& v2, const Unit& u, const TileArea& tile,
                          Worker<T>& w) {
  constexpr std::int64_t step = rows_per_trip<T>;
  const std::int64_t lanes = up_to_multiple(tile.cols, vector_lanes);
  const T* const gram = w.gram.data() + (tile.row - u.area.row) * u.width + (tile.col - u.area.col);
  PerKernel<T*> out{w.kernels.nngp.data(), w.kernels.ntk.data()};
  for (std::int64_t r = 0; r < tile.rows; r += step) {
    const std::int64_t height = std::min(step, up_to_multiple(tile.rows, edge_step) - r);
    for (std::int64_t i = 0; i < height; ++i)
      std::copy_n(gram + (r + i) * u.width, lanes, w.block.data() + i * lanes);
    evaluator.pairs(w.block.data(), height, lanes, v1, tile.row + r, v2, tile.col, w.work, out);
    for (const Kernel k : all_kernels)
      if (out[k] != nullptr) out[k] += height * lanes;
  }
  return lanes;
}

}  // namespace

template <class T>
std::int64_t worker_bytes(const Program& program, std::int64_t n1, std::int64_t n2,
                          std::int64_t features) {
  const std::int64_t side = unit_grid(n1, n2, sizeof(T)).side;
  return static_cast<std::int64_t>(sizeof(T)) *
             (side * (side + 2 * features) + tile_side * (2 * tile_side + rows_per_trip<T>)) +
         TripMemory<T>::bytes(program, rows_per_trip<T>, tile_side);
}

template <class T>
std::int64_t sample_bytes(const Program& program) {
  // Variance and hash of the data, its place among equal rows (three indices), what layers
  // normalise by, and the trip of the variances.
  return static_cast<std::int64_t>(sizeof(T)) * (program.variances + 3) + 4 * 8 +
         TripMemory<T>::bytes(program, 1, 1);
}

template <class T>
void compute_tiles(const Program& program, const KernelCall<T>& call) {
  const SamplePair<T>& s = call.samples;
  if (s.features > std::numeric_limits<int>::max())
    throw Error(ErrorCode::unsupported, "more features than this BLAS counts with");
  const Evaluator<T> evaluator(program);
  const auto facts1 = sample_facts(s.x1, s.n1, s.features, SampleSet::x1, &call.executor);
  const Variances<T> v1 = evaluator.variances(facts1.variance.data(), s.n1, false);
  SampleFacts<T> other_facts;
  Variances<T> other;
  if (!s.symmetric()) {
    other_facts = sample_facts(s.x2, s.n2, s.features, SampleSet::x2, &call.executor);
    other = evaluator.variances(other_facts.variance.data(), s.n2, false);
  }
  const Variances<T>& v2 = s.symmetric() ? v1 : other;
  const EqualRows equal = EqualRows::find(
      s.x1, facts1.hash, s.x2, s.symmetric() ? facts1.hash : other_facts.hash, s.features);

  const TileGrid grid = unit_grid(s.n1, s.n2, sizeof(T));
  TileLoop<T> loop(call, grid, [](const Square&) { return 1; });
  WorkerPool<Worker<T>> workers([&] {
    return std::make_unique<Worker<T>>(program, grid.side, rows_per_trip<T>, call.which);
  });
  const TilePhase blas;
  loop.on_threads([&](const Square& square) {
    workers.use([&](Worker<T>& w) {
      const Unit unit = unit_of(square, s.features);
      gram_of(s, equal, facts1.variance.data(), unit, w);
      loop.for_each_tile(unit.area, tile_side, [&](const TileArea& tile) {
        const std::int64_t lanes = compute_tile(evaluator, v1, v2, unit, tile, w);
        loop.deliver(tile, {w.kernels.nngp.data(), w.kernels.ntk.data()}, lanes);
      });
    });
    loop.done(1);
  });
}

void observe_tile(const Program& program, const double* x, std::int64_t n, std::int64_t features,
                  const Observer<double>& observer) {
  const SamplePair<double> s{x, n, x, n, features};
  const Evaluator<double> evaluator(program);
  const auto facts = sample_facts(x, n, features, SampleSet::x1, nullptr);
  const Variances<double> v = evaluator.variances(facts.variance.data(), n, false);
  Worker<double> w(program, tile_side, tile_side, {});
  const TilePhase blas;
  gram_of(s, EqualRows::find(x, facts.hash, x, facts.hash, features), facts.variance.data(),
          {{0, 0, n, n}, tile_side, tile_side}, w);
  evaluator.pairs(w.gram.data(), tile_side, tile_side, v, 0, v, 0, w.work, {}, observer);
}

template std::int64_t worker_bytes<float>(const Program&, std::int64_t, std::int64_t, std::int64_t);
template std::int64_t worker_bytes<double>(const Program&, std::int64_t, std::int64_t,
                                           std::int64_t);
template std::int64_t sample_bytes<float>(const Program&);
template std::int64_t sample_bytes<double>(const Program&);
template void compute_tiles(const Program&, const KernelCall<float>&);
template void compute_tiles(const Program&, const KernelCall<double>&);

}  // namespace widelimit::detail
