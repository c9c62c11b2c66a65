// A kernel, tile by tile: the Gram block by GEMM, then all layers on it, then the sink.
#pragma once

#include <widelimit/memory.hpp>

#include "engine/dense/evaluator.hpp"
#include "engine/grid/kernel_call.hpp"
#include "engine/grid/sample_rows.hpp"
#include "engine/grid/tile_grid.hpp"

#include <cstdint>

namespace widelimit::detail {

/// Puts every tile on and above the diagonal (all, unless symmetric) into the sink. An entry's bits
/// depend on its samples and their indices, not on n, threads or order.
template <class T>
void compute_tiles(const Program& program, const KernelCall<T>& call);

/// What it needs beside samples and results.
template <class T>
[[nodiscard]] Memory tiles_memory(const Program& program, std::int64_t n1, std::int64_t n2,
                                  std::int64_t features);
/// How many pairs it takes through the layers, those that only fill up tiles included.
[[nodiscard]] std::int64_t tiles_pairs(const PairsOfSamples& pairs) noexcept;

/// The kernels' diagonals of samples with themselves, the NTK's where `with_ntk`. `control` (may be
/// NULL) is checked between layers and receives "diagonals". Throws Error(usage) as sample_facts().
template <class T>
[[nodiscard]] Variances<T> dense_diagonals(const Program& program, const SampleRows<T>& x,
                                           bool with_ntk, Executor& executor, Control* control);
/// What it needs for n samples, results included.
template <class T>
[[nodiscard]] Memory diagonals_memory(const Program& program, std::int64_t n);

/// Up to tile_side samples with themselves as one tile, both kernels, for an observer.
void observe_tile(const Program& program, const SampleRows<double>& x,
                  const Observer<double>& observer);
/// What it needs beside the samples.
[[nodiscard]] Memory observation_memory(const Program& program, std::int64_t features);

}  // namespace widelimit::detail
