// A kernel, tile by tile: the Gram block by GEMM, then all layers on it, then the sink.
#pragma once

#include "engine/dense/evaluator.hpp"
#include "engine/grid/kernel_call.hpp"

#include <cstdint>

namespace widelimit::detail {

/// Everything a call needs beside samples and results, one worker.
template <class T>
[[nodiscard]] std::int64_t worker_bytes(const Program& program, std::int64_t n1, std::int64_t n2,
                                        std::int64_t features);
/// The same that grows with the number of samples, one sample.
template <class T>
[[nodiscard]] std::int64_t sample_bytes(const Program& program);

/// Puts every tile on and above the diagonal (all, unless symmetric) into the sink. An entry's bits
/// depend on its samples and their indices, not on n, threads or order.
template <class T>
void compute_tiles(const Program& program, const KernelCall<T>& call);

/// The n <= tile_side samples with themselves as one tile, both kernels, for an observer.
void observe_tile(const Program& program, const double* x, std::int64_t n, std::int64_t features,
                  const Observer<double>& observer);

}  // namespace widelimit::detail
