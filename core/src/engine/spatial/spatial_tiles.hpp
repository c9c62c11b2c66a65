// A kernel of a network with sites, tile by tile: variances of the tile's samples, then its bundles
// on all threads, then the sink.
#pragma once

#include "engine/grid/kernel_call.hpp"
#include "engine/spatial/schedule.hpp"
#include "execution/executor.hpp"

#include <cstdint>

namespace widelimit::detail {

/// Puts every tile on and above the diagonal (all, unless symmetric) into the sink. An entry's bits
/// depend on its two samples alone.
template <class T>
void compute_spatial_tiles(const SpatialProgram& program, const KernelCall<T>& call);

/// The diagonals of the kernels of n samples with themselves [n]; NULL: not wanted.
template <class T>
void spatial_diagonals(const SpatialProgram& program, const T* x, std::int64_t n,
                       Executor& executor, const PerKernel<T*>& out);

/// Bytes of a call for up to n samples beside these and results: what all threads share, and of one
/// thread.
struct SpatialBytes {
  std::int64_t shared, per_thread;
};
template <class T>
[[nodiscard]] SpatialBytes spatial_bytes(const SpatialProgram& program, std::int64_t n, bool ntk);

}  // namespace widelimit::detail
