// Computes a kernel of a network without sites, tile by tile: GEMM for the Gram block, then all
// layers, then the sink.
#pragma once

#include <widelimit/memory.hpp>

#include "engine/dense/evaluator.hpp"
#include "engine/grid/kernel_call.hpp"
#include "engine/grid/sample_rows.hpp"
#include "engine/grid/tile_grid.hpp"

#include <cstdint>

namespace widelimit::detail {

/// Computes all tiles, of symmetric kernels those on and above the diagonal, and puts them into the
/// sink. The bits of an entry depend on its samples and their indices, not on n, threads or order.
template <class T>
void compute_tiles(const Program& program, const KernelCall<T>& call);

/// Memory of compute_tiles(), without samples and results.
template <class T>
[[nodiscard]] Memory tiles_memory(const Program& program, std::int64_t n1, std::int64_t n2,
                                  std::int64_t features);
/// The number of pairs that compute_tiles() computes, including those that pad tiles.
[[nodiscard]] std::int64_t tiles_pair_count(const PairsOfSamples& pairs) noexcept;

/// The kernels' diagonals of samples with themselves, the NTK's where `with_ntk`. `control` (may be
/// NULL) is checked between layers and receives "diagonals". Throws Error(usage) as sample_facts().
template <class T>
[[nodiscard]] Variances<T> dense_diagonals(const Program& program, const SampleRows<T>& x,
                                           bool with_ntk, Executor& executor, Control* control);
/// What it needs for n samples, results included.
template <class T>
[[nodiscard]] Memory diagonals_memory(const Program& program, std::int64_t n);

/// Computes both kernels of up to tile_side samples as one tile [tile_side, tile_side] and calls
/// the observer of pairs. Before, `of_samples`, if set, sees the samples with themselves.
template <class T>
void observe_tile(const Program& program, const SampleRows<T>& x, const Observer<T>& of_pairs,
                  const Observer<T>& of_samples = {});
/// Memory of observe_tile(), without the samples.
[[nodiscard]] Memory observation_memory(const Program& program, std::int64_t features);

}  // namespace widelimit::detail
