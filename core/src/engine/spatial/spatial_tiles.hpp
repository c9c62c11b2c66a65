// Computes a kernel of a network with sites, tile by tile: the variances of the samples, then the
// bundles on all threads, then the sink.
#pragma once

#include <widelimit/memory.hpp>

#include "engine/grid/kernel_call.hpp"
#include "engine/grid/sample_rows.hpp"
#include "engine/grid/tile_grid.hpp"
#include "engine/spatial/spatial_plan.hpp"
#include "execution/executor.hpp"

#include <cstdint>

namespace widelimit::detail {

/// Computes all tiles, of symmetric kernels those on and above the diagonal, and puts them into the
/// sink. The bits of an entry depend on its two samples only.
template <class T>
void compute_spatial_tiles(const SpatialPlan& plan, const KernelCall<T>& call);
/// Memory of compute_spatial_tiles() for at most n samples per side, without samples and results.
template <class T>
[[nodiscard]] Memory spatial_tiles_memory(const SpatialPlan& plan, std::int64_t n, bool ntk);
/// The number of pairs that compute_spatial_tiles() computes, including those that pad bundles.
[[nodiscard]] std::int64_t spatial_tiles_pair_count(const PairsOfSamples& pairs) noexcept;
/// The side of the tiles for at most n samples per side.
template <class T>
[[nodiscard]] std::int64_t spatial_tile_side(const SpatialPlan& plan, std::int64_t n);

/// Computes the diagonals [x.count] of the kernels; NULL kernels are not computed. `control` (may
/// be NULL) is checked between trips and receives "diagonals". Throws Error(usage) as
/// sample_facts().
template <class T>
void spatial_diagonals(const SpatialPlan& plan, const SampleRows<T>& x, Executor& executor,
                       Control* control, const PerKernel<T*>& out);
/// Memory of spatial_diagonals() for n samples, without samples and results.
template <class T>
[[nodiscard]] Memory spatial_diagonals_memory(const SpatialPlan& plan, std::int64_t n, bool ntk);

}  // namespace widelimit::detail
