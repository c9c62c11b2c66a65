// The tile loop.
#include "engine/dense/tiles.hpp"

#include <widelimit/error.hpp>

#include "engine/grid/equal_rows.hpp"
#include "engine/grid/finished_tile.hpp"
#include "engine/grid/sample_facts.hpp"
#include "engine/grid/units.hpp"
#include "execution/blas.hpp"
#include "execution/work_done.hpp"

#include <cblas.h>

#include <algorithm>
#include <limits>
#include <mutex>
#include <utility>

namespace widelimit::detail {

namespace {

// Rows of one trip: nngp and ntk, in and out, together fill half of a 32 KiB L1 data cache.
template <class T>
constexpr std::int64_t rows_per_trip = sizeof(T) == 4 ? 8 : 4;

// What BLAS counts with.
constexpr std::int64_t most_for_blas = std::numeric_limits<int>::max();

void gram(const SampleRows<float>& a, const SampleRows<float>& b, float* c) {
  const int m = static_cast<int>(a.count), n = static_cast<int>(b.count),
            k = static_cast<int>(a.features);
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1.0F / static_cast<float>(k),
              a.numbers, static_cast<int>(a.stride), b.numbers, static_cast<int>(b.stride), 0.0F, c,
              n);
}
void gram(const SampleRows<double>& a, const SampleRows<double>& b, double* c) {
  const int m = static_cast<int>(a.count), n = static_cast<int>(b.count),
            k = static_cast<int>(a.features);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1.0 / static_cast<double>(k),
              a.numbers, static_cast<int>(a.stride), b.numbers, static_cast<int>(b.stride), 0.0, c,
              n);
}

// What one worker keeps between units. Memory that only units at an edge need is claimed by them.
template <class T>
struct Worker {
  Worker(const Program& program, std::int64_t unit_side, std::int64_t rows_of_trip)
      : gram(static_cast<std::size_t>(unit_side * unit_side)),
        block(static_cast<std::size_t>(rows_of_trip * tile_side)),
        nngp(tile_side * tile_side),
        ntk(tile_side * tile_side),
        work(program, rows_of_trip, tile_side) {}
  [[nodiscard]] static std::int64_t bytes(const Program& program, std::int64_t unit_side,
                                          std::int64_t rows_of_trip, std::int64_t features) {
    return static_cast<std::int64_t>(sizeof(T)) * (unit_side * (unit_side + 2 * features) +
                                                   tile_side * (2 * tile_side + rows_of_trip)) +
           TripMemory<T>::bytes(program, rows_of_trip, tile_side);
  }
  Buffer<T> gram, block, nngp, ntk;
  Buffer<T> rows, cols;  // samples at an edge, padded
  TripMemory<T> work;
};

// Of one sample of a call: variance and hash of the data, its place among equal rows (three
// indices), what layers normalise by, and the trip of the variances.
template <class T>
std::int64_t sample_bytes(const Program& program) {
  return static_cast<std::int64_t>(sizeof(T)) * (program.variances + 3) + 4 * 8 +
         TripMemory<T>::bytes(program, 1, 1);
}

// The samples of a unit's side: at an edge a copy padded with zero rows, and a copy where they are
// too far apart for BLAS.
template <class T>
SampleRows<T> samples_of(const SampleRows<T>& x, std::int64_t begin, std::int64_t n,
                         std::int64_t padded_n, Buffer<T>& copy) {
  if (n == padded_n && x.stride <= most_for_blas) return x.part(begin, n);
  copy.reserve(static_cast<std::size_t>(padded_n * x.features));
  T* end = copy.data();
  for (std::int64_t i = begin; i < begin + n; ++i) end = std::copy_n(x.row(i), x.features, end);
  std::fill(end, copy.data() + padded_n * x.features, T{0});
  return sample_rows(copy.data(), padded_n, x.features);
}

// The Gram product of a unit, with the samples' own variances where the two samples are equal.
template <class T>
void gram_of(const SamplePair<T>& s, const EqualRows& equal, const T* variance, const Unit& u,
             Worker<T>& w) {
  T* g = w.gram.data();
  gram(samples_of(s.x1, u.row, u.rows, u.height, w.rows),
       samples_of(s.x2, u.col, u.cols, u.width, w.cols), g);
  equal.for_each(u.row, u.row + u.rows, u.col, u.col + u.cols, [&](std::int64_t i, std::int64_t j) {
    g[(i - u.row) * u.width + (j - u.col)] = variance[i];
  });
}

// What all units of a call share.
template <class T>
struct Call {
  const Evaluator<T> evaluator;
  const SamplePair<T>& samples;
  const EqualRows& equal;
  const T* variance;
  const Variances<T>&v1, &v2;
  KernelSet which;
  KernelSink& sink;
};

// A tile of a unit, at (top, left) in it: all layers, a few rows at a time, then the sink.
template <class T>
void compute_tile(const Call<T>& call, const Unit& u, std::int64_t top, std::int64_t left,
                  Worker<T>& w) {
  constexpr std::int64_t step = rows_per_trip<T>;
  const std::int64_t rows = std::min(tile_side, u.rows - top),
                     cols = std::min(tile_side, u.cols - left);
  const std::int64_t lanes = up_to_multiple(cols, vector_lanes);
  const std::int64_t row = u.row + top, col = u.col + left;
  const TileArea area{row, col, rows, cols};
  if (call.sink.has(area)) return;
  for (std::int64_t r = 0; r < rows; r += step) {
    const std::int64_t height = std::min(step, up_to_multiple(rows, edge_step) - r);
    for (std::int64_t i = 0; i < height; ++i)
      std::copy_n(w.gram.data() + (top + r + i) * u.width + left, lanes,
                  w.block.data() + i * lanes);
    call.evaluator.pairs(w.block.data(), height, lanes, call.v1, row + r, call.v2, col, w.work,
                         call.which.nngp ? w.nngp.data() + r * lanes : nullptr,
                         call.which.ntk ? w.ntk.data() + r * lanes : nullptr);
  }
  deliver(FinishedTile<T>{area,
                          {call.which.nngp ? w.nngp.data() : nullptr,
                           call.which.ntk ? w.ntk.data() : nullptr},
                          lanes,
                          u.diagonal,
                          call.samples.symmetric() && !u.diagonal},
          call.sink);
}

template <class T>
void compute_unit(const Call<T>& call, const Unit& u, Worker<T>& w) {
  gram_of(call.samples, call.equal, call.variance, u, w);
  for (std::int64_t top = 0; top < u.rows; top += tile_side)
    for (std::int64_t left = 0; left < u.cols; left += tile_side)
      compute_tile(call, u, top, left, w);
}

}  // namespace

template <class T>
Memory tiles_memory(const Program& program, std::int64_t n1, std::int64_t n2,
                    std::int64_t features) {
  return {(padded(n1) + padded(n2)) * sample_bytes<T>(program),
          Worker<T>::bytes(program, unit_side(n1, n2, sizeof(T)), rows_per_trip<T>, features)};
}

std::int64_t tiles_pairs(std::int64_t n1, std::int64_t n2, bool symmetric) noexcept {
  if (!symmetric) return n1 * up_to_multiple(n2, vector_lanes);
  std::int64_t pairs = 0;
  for (std::int64_t row = 0; row < n1; row += smallest_diagonal)
    pairs += std::min(smallest_diagonal, n1 - row) * up_to_multiple(n1 - row, vector_lanes);
  return pairs;
}

template <class T>
void compute_tiles(const Program& program, const SamplePair<T>& s, KernelSet which,
                   KernelSink& sink, Executor& executor, Control* control,
                   const std::string& phase) {
  const std::int64_t features = s.features(), n1 = s.x1.count, n2 = s.x2.count;
  if (features > most_for_blas)
    throw Error(ErrorCode::unsupported, "more features than this BLAS counts with");
  const Evaluator<T> evaluator(program);
  const auto facts1 = sample_facts(s.x1, SampleSet::x1, &executor);
  const Variances<T> v1 = evaluator.variances(facts1.variance.data(), n1, false);
  SampleFacts<T> other_facts;
  Variances<T> other;
  if (!s.symmetric()) {
    other_facts = sample_facts(s.x2, SampleSet::x2, &executor);
    other = evaluator.variances(other_facts.variance.data(), n2, false);
  }
  const EqualRows equal =
      EqualRows::find(s.x1, facts1.hash, s.x2, s.symmetric() ? facts1.hash : other_facts.hash);
  const Call<T> call{evaluator, s,   equal, facts1.variance.data(), v1, s.symmetric() ? v1 : other,
                     which,     sink};

  const std::int64_t side = unit_side(n1, n2, sizeof(T));
  std::vector<Unit> units = units_of(n1, n2, s.symmetric(), features, side);
  const auto total = static_cast<std::int64_t>(units.size());
  std::erase_if(units, [&](const Unit& u) { return sink.has({u.row, u.col, u.rows, u.cols}); });
  std::mutex mutex;
  std::vector<std::unique_ptr<Worker<T>>> idle;
  const auto left = static_cast<std::int64_t>(units.size());
  WorkDone done(control, phase, total, total - left);
  const TilePhase blas;
  executor.parallel_for(left, 1, [&](std::int64_t begin, std::int64_t end) {
    std::unique_ptr<Worker<T>> worker;
    {
      const std::lock_guard lock(mutex);
      if (!idle.empty()) {
        worker = std::move(idle.back());
        idle.pop_back();
      }
    }
    if (!worker) worker = std::make_unique<Worker<T>>(program, side, rows_per_trip<T>);
    for (std::int64_t i = begin; i < end; ++i) {
      if (control != nullptr) control->check();
      compute_unit(call, units[static_cast<std::size_t>(i)], *worker);
      done.add(1);
    }
    const std::lock_guard lock(mutex);
    idle.push_back(std::move(worker));
  });
}

template <class T>
Variances<T> dense_diagonals(const Program& program, const SampleRows<T>& x, bool with_ntk,
                             Executor& executor) {
  const auto facts = sample_facts(x, SampleSet::x1, &executor);
  return Evaluator<T>(program).variances(facts.variance.data(), x.count, with_ntk);
}

template <class T>
Memory diagonals_memory(const Program& program, std::int64_t n) {
  return {padded(n) * sample_bytes<T>(program), 0};
}

void observe_tile(const Program& program, const SampleRows<double>& x,
                  const Observer<double>& observer) {
  const std::int64_t n = x.count;
  const SamplePair<double> s{x, x};
  const Evaluator<double> evaluator(program);
  const auto facts = sample_facts(x, SampleSet::x1, nullptr);
  const Variances<double> v = evaluator.variances(facts.variance.data(), n, false);
  Worker<double> w(program, tile_side, tile_side);
  const TilePhase blas;
  gram_of(s, EqualRows::find(x, facts.hash, x, facts.hash), facts.variance.data(),
          {0, 0, n, n, tile_side, tile_side, true}, w);
  evaluator.pairs(w.gram.data(), tile_side, tile_side, v, 0, v, 0, w.work, nullptr, nullptr,
                  observer);
}

Memory observation_memory(const Program& program, std::int64_t features) {
  return {tile_side * sample_bytes<double>(program) +
              Worker<double>::bytes(program, tile_side, tile_side, features),
          0};
}

template Memory tiles_memory<float>(const Program&, std::int64_t, std::int64_t, std::int64_t);
template Memory tiles_memory<double>(const Program&, std::int64_t, std::int64_t, std::int64_t);
template Memory diagonals_memory<float>(const Program&, std::int64_t);
template Memory diagonals_memory<double>(const Program&, std::int64_t);
template Variances<float> dense_diagonals(const Program&, const SampleRows<float>&, bool,
                                          Executor&);
template Variances<double> dense_diagonals(const Program&, const SampleRows<double>&, bool,
                                           Executor&);
template void compute_tiles(const Program&, const SamplePair<float>&, KernelSet, KernelSink&,
                            Executor&, Control*, const std::string&);
template void compute_tiles(const Program&, const SamplePair<double>&, KernelSet, KernelSink&,
                            Executor&, Control*, const std::string&);

}  // namespace widelimit::detail
