// Pairs of nearly parallel samples in float32: found in the Gram product, and computed in float64.
#pragma once

#include <widelimit/kernel.hpp>
#include <widelimit/kernel_sink.hpp>
#include <widelimit/memory.hpp>

#include "engine/dense/evaluator.hpp"
#include "engine/grid/sample_rows.hpp"
#include "engine/grid/worker_pool.hpp"

#include <cstdint>
#include <mutex>
#include <vector>

namespace widelimit::detail {

/// Finds the pairs of nearly parallel samples (grid/closeness.hpp) and computes them in float64,
/// where the same loss leaves more digits than float32 has. Which pairs are close depends on the
/// two samples alone, and so do the bits of their entries.
/// Thread safety: recompute() may be called by any number of threads at once.
class ClosePairs {
 public:
  /// `variance1`, `variance2`: of the samples' data. Keeps references to the program and to the
  /// numbers of the samples.
  ClosePairs(const Program& program, const SamplePair<float>& samples,
             const std::vector<float>& variance1, const std::vector<float>& variance2);

  /// Of a tile: `gram` is its Gram product with `gram_ld` numbers between rows, `kernels` what was
  /// computed in float32 (NULL: not wanted) with `ld`. Overwrites the entries of close pairs. Equal
  /// samples keep theirs: they are exactly correlated in any precision.
  void recompute(const TileArea& tile, const float* gram, std::int64_t gram_ld,
                 const PerKernel<float*>& kernels, std::int64_t ld);

  /// What it needs for sets of n1 and n2 samples.
  [[nodiscard]] static Memory memory(const Program& program, std::int64_t n1, std::int64_t n2);

 private:
  // A point map through which a nonlinearity reads the data, with what makes correlations of it:
  // c = (scale K + bias) inverse_root2 / root1.
  struct Reading {
    float scale, bias;
    std::vector<float> least1;         // of each sample of x1: (1 - closeness) root1
    std::vector<float> inverse_root2;  // of each sample of x2
  };
  // The variances of the samples in float64.
  struct Exact {
    Variances<double> v1, v2;
  };
  struct Worker {
    explicit Worker(const Program& program)
        : close(tile_side),
          input(tile_side),
          nngp(tile_side),
          ntk(tile_side),
          work(program, 1, tile_side) {}
    std::vector<char> close;  // of a row's columns
    Buffer<double> input, nngp, ntk;
    TripMemory<double> work;
  };

  [[nodiscard]] bool any_close(const float* gram, std::int64_t row, const TileArea& tile) const;
  void mark_close(const float* gram, std::int64_t row, const TileArea& tile,
                  std::vector<char>& close) const;
  void recompute_row(const TileArea& tile, std::int64_t row, const PerKernel<float*>& kernels,
                     Worker& worker) const;
  void recompute_lanes(std::int64_t row, std::int64_t col, std::int64_t lanes, const char* close,
                       const PerKernel<float*>& kernels, Worker& worker) const;
  void make_exact();

  const Program& program_;
  SamplePair<float> samples_;
  std::vector<Reading> readings_;
  std::once_flag exact_made_;
  Exact exact_;
  WorkerPool<Worker> workers_;
};

}  // namespace widelimit::detail
