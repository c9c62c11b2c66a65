// The last steps for every tile: mirror it, check it, put it into the sink.
#pragma once

#include <widelimit/error.hpp>
#include <widelimit/kernel_sink.hpp>

#include <cstdint>

namespace widelimit::detail {

/// Mirrors and checks the kernels of a tile and puts them into the sink. `ld` is the distance
/// between rows in numbers; a NULL kernel is not computed. A tile on the diagonal of a symmetric
/// result is symmetric: only its upper triangle is read. Throws Error(numeric) with the pair of
/// samples if an entry is not finite.
template <class T>
void deliver(const TileArea& area, const PerKernel<T*>& kernels, std::int64_t ld, bool symmetric,
             KernelSink& sink);

/// Throws Error(numeric) with the sample if an entry of the diagonal of a kernel is not finite.
template <class T>
void check_finite_diagonal(const T* diagonal, std::int64_t n, Kernel kernel);

}  // namespace widelimit::detail
