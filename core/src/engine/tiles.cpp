// The tile loop.
#include "engine/tiles.hpp"

#include <widelimit/error.hpp>

#include "engine/equal_rows.hpp"
#include "engine/sample_facts.hpp"
#include "execution/blas.hpp"

#include <cblas.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <limits>
#include <mutex>
#include <type_traits>
#include <utility>

namespace widelimit::detail {

namespace {

// Rows of one trip: nngp and ntk, in and out, together fill half of a 32 KiB L1 data cache.
template <class T>
constexpr std::int64_t rows_per_block = sizeof(T) == 4 ? 8 : 4;

void gram(const float* a, const float* b, float* c, std::int64_t k) {
  constexpr int n = tile_side;
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, n, static_cast<int>(k),
              1.0F / static_cast<float>(k), a, static_cast<int>(k), b, static_cast<int>(k), 0.0F, c,
              n);
}
void gram(const double* a, const double* b, double* c, std::int64_t k) {
  constexpr int n = tile_side;
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, n, static_cast<int>(k),
              1.0 / static_cast<double>(k), a, static_cast<int>(k), b, static_cast<int>(k), 0.0, c,
              n);
}

// What one worker keeps between tiles.
template <class T>
struct Worker {
  Worker(const Program& program, std::int64_t rows_of_trip)
      : gram(tile_side * tile_side),
        nngp(tile_side * tile_side),
        ntk(tile_side * tile_side),
        work(program, rows_of_trip, tile_side) {}
  Buffer<T> gram, nngp, ntk, rows, cols;  // rows, cols: padded samples
  Workspace<T> work;
};

// Whole tiles of samples: at the edge a copy padded with zero rows.
template <class T>
const T* tile_of(const T* x, std::int64_t n, std::int64_t begin, std::int64_t features,
                 Buffer<T>& padded_copy) {
  if (begin + tile_side <= n) return x + begin * features;
  padded_copy.reserve(static_cast<std::size_t>(tile_side * features));
  T* end = std::copy(x + begin * features, x + n * features, padded_copy.data());
  std::fill(end, padded_copy.data() + tile_side * features, T{0});
  return padded_copy.data();
}

// What is not finite has an exponent of ones: an integer maximum finds it in one vectorised pass.
template <class T>
bool all_finite(const T* a, std::int64_t n) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
  constexpr Bits sign = std::numeric_limits<Bits>::max();
  Bits largest = 0;
  for (std::int64_t i = 0; i < n; ++i)
    largest = std::max(largest, static_cast<Bits>(std::bit_cast<Bits>(a[i]) & sign));
  return largest < std::bit_cast<Bits>(std::numeric_limits<T>::infinity());
}

template <class T>
std::string remedy() {
  return std::string(" is not finite: the network overflows ") +
         (sizeof(T) == 4 ? "float32 there; scale the data (preprocess), or use float64"
                         : "float64 there; scale the data (preprocess)");
}

template <class T>
void check_finite(const T* a, std::int64_t row, std::int64_t col, std::int64_t rows,
                  std::int64_t cols, const char* name) {
  for (std::int64_t i = 0; i < rows; ++i) {
    const T* r = a + i * tile_side;
    if (all_finite(r, cols)) continue;
    for (std::int64_t j = 0; j < cols; ++j)
      if (!std::isfinite(r[j]))
        throw Error(ErrorCode::numeric,
                    std::string("the ") + name + " kernel of sample " + std::to_string(row + i) +
                        " of the rows and sample " + std::to_string(col + j) +
                        " of the columns (counted from 0)" + remedy<T>(),
                    {}, row + i);
  }
}

// Below the diagonal what is above it: transforms need not be symmetric to the last bit.
template <class T>
void mirror_in_place(T* tile, std::int64_t n) {
  for (std::int64_t i = 1; i < n; ++i)
    for (std::int64_t j = 0; j < i; ++j) tile[i * tile_side + j] = tile[j * tile_side + i];
}

// The Gram block of a tile, with the samples' own variances where the two samples are equal.
template <class T>
void gram_of_tile(const SamplePair<T>& s, const EqualRows& equal, const T* variance,
                  std::int64_t row, std::int64_t col, Worker<T>& w) {
  T* g = w.gram.data();
  gram(tile_of(s.x1, s.n1, row, s.features, w.rows), tile_of(s.x2, s.n2, col, s.features, w.cols),
       g, s.features);
  equal.for_each(
      row, std::min(row + tile_side, s.n1), col, std::min(col + tile_side, s.n2),
      [&](std::int64_t i, std::int64_t j) { g[(i - row) * tile_side + (j - col)] = variance[i]; });
}

template <class T>
void compute_tile(const Evaluator<T>& evaluator, const SamplePair<T>& s, const EqualRows& equal,
                  const T* variance, const Variances<T>& v1, const Variances<T>& v2,
                  std::int64_t row, std::int64_t col, Kernels which, KernelSink& sink,
                  Worker<T>& w) {
  gram_of_tile(s, equal, variance, row, col, w);
  const std::int64_t rows = std::min(tile_side, s.n1 - row), cols = std::min(tile_side, s.n2 - col);
  T* nngp = which.nngp ? w.nngp.data() : nullptr;
  T* ntk = which.ntk ? w.ntk.data() : nullptr;
  constexpr std::int64_t step = rows_per_block<T>;
  for (std::int64_t r = 0; r < rows; r += step) {
    const std::int64_t at = r * tile_side;
    evaluator.pairs(w.gram.data() + at, step, tile_side, v1, row + r, v2, col, w.work,
                    nngp == nullptr ? nullptr : nngp + at, ntk == nullptr ? nullptr : ntk + at);
  }
  const bool diagonal = s.symmetric() && row == col;
  for (const auto& [tile, name] : {std::pair{nngp, "NNGP"}, std::pair{ntk, "NTK"}}) {
    if (tile == nullptr) continue;
    if (diagonal) mirror_in_place(tile, rows);
    check_finite(tile, row, col, rows, cols, name);
  }
  sink.put(row, col, rows, cols, nngp, ntk, tile_side, s.symmetric() && !diagonal);
}

}  // namespace

template <class T>
std::int64_t worker_bytes(const Program& program, std::int64_t features) {
  return static_cast<std::int64_t>(sizeof(T)) * tile_side * (3 * tile_side + 2 * features) +
         Workspace<T>::bytes(program, rows_per_block<T>, tile_side);
}

template <class T>
std::int64_t sample_bytes(const Program& program) {
  // Variance and hash of the data, its place among equal rows (three indices), what layers
  // normalise by, and the trip of the variances.
  return static_cast<std::int64_t>(sizeof(T)) * (program.variances + 3) + 4 * 8 +
         Workspace<T>::bytes(program, 1, 1);
}

template <class T>
void compute_tiles(const Program& program, const SamplePair<T>& s, Kernels which, KernelSink& sink,
                   Executor& executor, Control* control, const std::string& phase) {
  if (s.features > std::numeric_limits<int>::max())
    throw Error(ErrorCode::unsupported, "more features than this BLAS counts with");
  const Evaluator<T> evaluator(program);
  const auto facts1 = sample_facts(s.x1, s.n1, s.features, "the rows", &executor);
  const Variances<T> v1 = evaluator.variances(facts1.variance.data(), s.n1, false);
  SampleFacts<T> other_facts;
  Variances<T> other;
  if (!s.symmetric()) {
    other_facts = sample_facts(s.x2, s.n2, s.features, "the columns", &executor);
    other = evaluator.variances(other_facts.variance.data(), s.n2, false);
  }
  const Variances<T>& v2 = s.symmetric() ? v1 : other;
  const EqualRows equal = EqualRows::find(
      s.x1, facts1.hash, s.x2, s.symmetric() ? facts1.hash : other_facts.hash, s.features);

  std::vector<std::pair<std::int64_t, std::int64_t>> tiles;
  for (std::int64_t i = 0; i < s.n1; i += tile_side)
    for (std::int64_t j = s.symmetric() ? i : 0; j < s.n2; j += tile_side) tiles.push_back({i, j});
  std::mutex mutex;
  std::vector<std::unique_ptr<Worker<T>>> idle;
  std::atomic<std::int64_t> done{0};
  const auto total = static_cast<std::int64_t>(tiles.size());
  const TilePhase blas;
  executor.parallel_for(total, 1, [&](std::int64_t begin, std::int64_t end) {
    std::unique_ptr<Worker<T>> worker;
    {
      const std::lock_guard lock(mutex);
      if (!idle.empty()) {
        worker = std::move(idle.back());
        idle.pop_back();
      }
    }
    if (!worker) worker = std::make_unique<Worker<T>>(program, rows_per_block<T>);
    for (std::int64_t t = begin; t < end; ++t) {
      if (control != nullptr) control->check();
      const auto [row, col] = tiles[static_cast<std::size_t>(t)];
      compute_tile(evaluator, s, equal, facts1.variance.data(), v1, v2, row, col, which, sink,
                   *worker);
      if (control != nullptr) control->report({phase, ++done, total});
    }
    const std::lock_guard lock(mutex);
    idle.push_back(std::move(worker));
  });
}

void observe_tile(const Program& program, const double* x, std::int64_t n, std::int64_t features,
                  const Observer<double>& observer) {
  const SamplePair<double> s{x, n, x, n, features};
  const Evaluator<double> evaluator(program);
  const auto facts = sample_facts(x, n, features, "the data", nullptr);
  const Variances<double> v = evaluator.variances(facts.variance.data(), n, false);
  Worker<double> w(program, tile_side);
  const TilePhase blas;
  gram_of_tile(s, EqualRows::find(x, facts.hash, x, facts.hash, features), facts.variance.data(), 0,
               0, w);
  evaluator.pairs(w.gram.data(), tile_side, tile_side, v, 0, v, 0, w.work, w.nngp.data(),
                  w.ntk.data(), observer);
}

template <class T>
void check_finite_diagonal(const T* diagonal, std::int64_t n, const char* name) {
  if (all_finite(diagonal, n)) return;
  const auto i =
      std::find_if(diagonal, diagonal + n, [](T v) { return !std::isfinite(v); }) - diagonal;
  throw Error(ErrorCode::numeric,
              std::string("the ") + name + " kernel of sample " + std::to_string(i) +
                  " (counted from 0) with itself" + remedy<T>(),
              {}, i);
}

template void check_finite_diagonal(const float*, std::int64_t, const char*);
template void check_finite_diagonal(const double*, std::int64_t, const char*);
template std::int64_t worker_bytes<float>(const Program&, std::int64_t);
template std::int64_t worker_bytes<double>(const Program&, std::int64_t);
template std::int64_t sample_bytes<float>(const Program&);
template std::int64_t sample_bytes<double>(const Program&);
template void compute_tiles(const Program&, const SamplePair<float>&, Kernels, KernelSink&,
                            Executor&, Control*, const std::string&);
template void compute_tiles(const Program&, const SamplePair<double>&, Kernels, KernelSink&,
                            Executor&, Control*, const std::string&);

}  // namespace widelimit::detail
