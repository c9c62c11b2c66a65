// Pairs of nearly parallel samples in float32, in networks with sites: found, and computed in
// float64.
#pragma once

#include <widelimit/memory.hpp>

#include "engine/grid/kernel_call.hpp"
#include "engine/grid/tile_grid.hpp"
#include "engine/spatial/bundled_samples.hpp"
#include "engine/spatial/spatial_plan.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace widelimit::detail {

/// What ClosePairs (engine/dense/close_pairs.hpp) is for networks without sites: where two samples
/// are nearly parallel, so are most of their windows, and float32 loses half of the digits of the
/// angles between them. Which pairs are close depends on the numbers of the two samples alone.
class CloseBundles {
 public:
  /// Keeps references to both.
  CloseBundles(const SpatialPlan& plan, const KernelCall<float>& call);

  /// Of a tile whose entries were computed in float32 into `kernels` (NULL: not wanted) with `ld`
  /// numbers between rows: overwrites those of close pairs. Equal samples keep theirs.
  void recompute(const Square& tile, const PerKernel<float*>& kernels, std::int64_t ld);

  /// What finding close pairs needs for n samples per side in tiles of this side. What computing
  /// them needs is one more bundle for each thread, in float64, and comes on top where there are
  /// any.
  [[nodiscard]] static Memory memory(std::int64_t n, std::int64_t side);

 private:
  // Some columns of a row that share a bundle; bit l: lane l is close.
  struct CloseRow {
    std::int64_t row = 0;
    std::uint32_t lanes = 0;
  };
  // What runs in float64 need. Most data never asks for it.
  struct Exact {
    Exact(const SpatialPlan& plan, bool ntk);
    BundleWorkers<double> of_variances, of_pairs;
    BundledSamples<double> rows, cols;
    SampleVariances<double> row_variances;
    Buffer<double> numbers;
  };

  [[nodiscard]] std::vector<CloseRow> close_rows(const Square& tile, std::int64_t bundle);
  [[nodiscard]] bool is_close(std::int64_t row, std::int64_t col) const;
  // At most bundle_lanes samples, in memory that the next call writes over.
  [[nodiscard]] SampleRows<double> in_float64(const SampleRows<float>& x,
                                              const std::vector<std::int64_t>& which);
  void recompute_rows(const Square& tile, std::int64_t bundle, const CloseRow* rows,
                      std::int64_t count, const PerKernel<float*>& kernels, std::int64_t ld);

  const SpatialPlan& plan_;
  const KernelCall<float>& call_;
  std::vector<float> root1_, root2_;  // of the samples' variances; root2_ unless symmetric
  std::vector<float> gram_;
  std::optional<Exact> exact_;
};

}  // namespace widelimit::detail
