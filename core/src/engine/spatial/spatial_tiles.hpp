// A kernel of a network with sites, tile by tile: variances of the tile's samples, then its bundles
// on all threads, then the sink.
#pragma once

#include <widelimit/control.hpp>
#include <widelimit/kernel_sink.hpp>

#include "engine/dense/tiles.hpp"
#include "engine/spatial/schedule.hpp"
#include "execution/executor.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace widelimit::detail {

/// Puts every tile on and above the diagonal (all, unless symmetric) into the sink. An entry's bits
/// depend on its two samples alone.
template <class T>
void compute_spatial_tiles(const SpatialProgram& program, const SamplePair<T>& samples,
                           KernelSet which, KernelSink& sink, Executor& executor, Control* control,
                           const std::string& phase);

/// The diagonals of n samples with themselves: nngp [n] and, where it is not NULL, ntk [n].
template <class T>
void spatial_diagonals(const SpatialProgram& program, const T* x, std::int64_t n,
                       Executor& executor, T* nngp, T* ntk);

/// Bytes of a call for up to n samples beside these and results: what all threads share, and of one
/// thread.
struct SpatialBytes {
  std::int64_t shared, per_thread;
};
template <class T>
[[nodiscard]] SpatialBytes spatial_bytes(const SpatialProgram& program, std::int64_t n, bool ntk);

}  // namespace widelimit::detail
