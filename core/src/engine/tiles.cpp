// The tile loop.
#include "engine/tiles.hpp"

#include <widelimit/error.hpp>

#include "engine/equal_rows.hpp"
#include "execution/blas.hpp"

#include <cblas.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <mutex>
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
  explicit Worker(const Program& program)
      : gram(tile_side * tile_side),
        nngp(tile_side * tile_side),
        ntk(tile_side * tile_side),
        work(program, rows_per_block<T>, tile_side) {}
  Buffer<T> gram, nngp, ntk, rows, cols;
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

template <class T>
void check_finite(const T* a, std::int64_t row, std::int64_t col, std::int64_t rows,
                  std::int64_t cols, const char* name) {
  for (std::int64_t i = 0; i < rows; ++i) {
    const T* r = a + i * tile_side;
    T sum = 0;  // 0 * x is NaN where x is not finite: one pass the compiler vectorises
    for (std::int64_t j = 0; j < cols; ++j) sum += T{0} * r[j];
    if (sum == T{0}) continue;
    for (std::int64_t j = 0; j < cols; ++j)
      if (!std::isfinite(r[j]))
        throw Error(ErrorCode::numeric,
                    std::string("the ") + name + " kernel of sample " + std::to_string(row + i) +
                        " of the rows and sample " + std::to_string(col + j) +
                        " of the columns is not finite: the network overflows " +
                        (sizeof(T) == 4 ? "float32" : "float64") +
                        " on them; scale the data (preprocess), or use float64",
                    {}, row + i);
  }
}

template <class T>
void compute_tile(const Evaluator<T>& evaluator, const SamplePair<T>& s, const EqualRows& equal,
                  const T* input_variance, const Variances<T>& v1, const Variances<T>& v2,
                  std::int64_t row, std::int64_t col, Kernels which, KernelSink& sink,
                  Worker<T>& w) {
  const std::int64_t rows = std::min(tile_side, s.n1 - row), cols = std::min(tile_side, s.n2 - col);
  T* g = w.gram.data();
  gram(tile_of(s.x1, s.n1, row, s.features, w.rows), tile_of(s.x2, s.n2, col, s.features, w.cols),
       g, s.features);
  equal.for_each(row, row + rows, col, col + cols, [&](std::int64_t i, std::int64_t j) {
    g[(i - row) * tile_side + (j - col)] = input_variance[i];
  });
  T* nngp = which.nngp ? w.nngp.data() : nullptr;
  T* ntk = which.ntk ? w.ntk.data() : nullptr;
  constexpr std::int64_t step = rows_per_block<T>;
  for (std::int64_t r = 0; r < rows; r += step) {
    const std::int64_t at = r * tile_side;
    evaluator.pairs(g + at, step, tile_side, v1, row + r, v2, col, w.work,
                    nngp == nullptr ? nullptr : nngp + at, ntk == nullptr ? nullptr : ntk + at);
  }
  if (nngp != nullptr) check_finite(nngp, row, col, rows, cols, "NNGP");
  if (ntk != nullptr) check_finite(ntk, row, col, rows, cols, "NTK");
  sink.put(row, col, rows, cols, nngp, ntk, tile_side, s.symmetric() && row != col);
}

}  // namespace

template <class T>
std::vector<T> input_variances(const T* x, std::int64_t n, std::int64_t features,
                               const char* which) {
  std::vector<T> v(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i) {
    const T* r = x + i * features;
    double sum[8] = {};
    std::int64_t j = 0;
    for (; j + 8 <= features; j += 8)
      for (std::int64_t l = 0; l < 8; ++l)
        sum[l] += static_cast<double>(r[j + l]) * static_cast<double>(r[j + l]);
    for (; j < features; ++j) sum[0] += static_cast<double>(r[j]) * static_cast<double>(r[j]);
    const double mean =
        (((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]))) /
        static_cast<double>(features);
    if (!(mean <= static_cast<double>(std::numeric_limits<T>::max())))
      throw Error(ErrorCode::usage,
                  "sample " + std::to_string(i) + " of " + which +
                      " is not finite, or its squares overflow " +
                      (sizeof(T) == 4 ? "float32" : "float64") + ": scale the data (preprocess)",
                  {}, i);
    v[static_cast<std::size_t>(i)] = static_cast<T>(mean);
  }
  return v;
}

template <class T>
std::int64_t worker_bytes(const Program& program, std::int64_t features) {
  return static_cast<std::int64_t>(sizeof(T)) * tile_side * (3 * tile_side + 2 * features) +
         Workspace<T>::bytes(program, rows_per_block<T>, tile_side);
}

template <class T>
void compute_tiles(const Program& program, const SamplePair<T>& s, Kernels which, KernelSink& sink,
                   Executor& executor, Control* control, const std::string& phase) {
  if (s.features > std::numeric_limits<int>::max())
    throw Error(ErrorCode::unsupported, "more features than this BLAS counts with");
  const Evaluator<T> evaluator(program);
  const std::vector<T> in1 = input_variances(s.x1, s.n1, s.features, "the rows");
  const Variances<T> v1 = evaluator.variances(in1.data(), s.n1, false);
  Variances<T> other;
  if (!s.symmetric())
    other = evaluator.variances(input_variances(s.x2, s.n2, s.features, "the columns").data(), s.n2,
                                false);
  const Variances<T>& v2 = s.symmetric() ? v1 : other;
  const EqualRows equal = EqualRows::find(s.x1, s.n1, s.x2, s.n2, s.features);

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
    if (!worker) worker = std::make_unique<Worker<T>>(program);
    for (std::int64_t t = begin; t < end; ++t) {
      if (control != nullptr) control->check();
      const auto [row, col] = tiles[static_cast<std::size_t>(t)];
      compute_tile(evaluator, s, equal, in1.data(), v1, v2, row, col, which, sink, *worker);
      if (control != nullptr) control->report({phase, ++done, total});
    }
    const std::lock_guard lock(mutex);
    idle.push_back(std::move(worker));
  });
}

template std::vector<float> input_variances(const float*, std::int64_t, std::int64_t, const char*);
template std::vector<double> input_variances(const double*, std::int64_t, std::int64_t,
                                             const char*);
template std::int64_t worker_bytes<float>(const Program&, std::int64_t);
template std::int64_t worker_bytes<double>(const Program&, std::int64_t);
template void compute_tiles(const Program&, const SamplePair<float>&, Kernels, KernelSink&,
                            Executor&, Control*, const std::string&);
template void compute_tiles(const Program&, const SamplePair<double>&, Kernels, KernelSink&,
                            Executor&, Control*, const std::string&);

}  // namespace widelimit::detail
