// A kernel of a network with sites, tile by tile: variances of the tile's samples, then its bundles
// on all threads, then the sink.
#pragma once

#include <widelimit/memory.hpp>

#include "engine/grid/kernel_call.hpp"
#include "engine/grid/sample_rows.hpp"
#include "engine/grid/tile_grid.hpp"
#include "engine/spatial/spatial_plan.hpp"
#include "execution/executor.hpp"

#include <cstdint>

namespace widelimit::detail {

/// Puts every tile on and above the diagonal (all, unless symmetric) into the sink. An entry's bits
/// depend on its two samples alone.
template <class T>
void compute_spatial_tiles(const SpatialPlan& plan, const KernelCall<T>& call);
/// What it needs for up to n samples a side, beside these and results.
template <class T>
[[nodiscard]] Memory spatial_tiles_memory(const SpatialPlan& plan, std::int64_t n, bool ntk);
/// How many pairs it takes through the network, those that only fill up bundles included.
[[nodiscard]] std::int64_t spatial_tiles_pairs(const PairsOfSamples& pairs) noexcept;
/// Side of its tiles for up to n samples a side.
template <class T>
[[nodiscard]] std::int64_t spatial_tile_side(const SpatialPlan& plan, std::int64_t n);

/// The diagonals of the kernels of samples with themselves [x.count]; NULL: not wanted. `control`
/// (may be NULL) is checked between trips and receives "diagonals".
template <class T>
void spatial_diagonals(const SpatialPlan& plan, const SampleRows<T>& x, Executor& executor,
                       Control* control, const PerKernel<T*>& out);
/// What it needs for n samples, beside these and results.
template <class T>
[[nodiscard]] Memory spatial_diagonals_memory(const SpatialPlan& plan, std::int64_t n, bool ntk);

}  // namespace widelimit::detail
