// The last steps of every tile: halves mirrored, numbers checked, then the sink.
#pragma once

#include <widelimit/error.hpp>
#include <widelimit/kernel_sink.hpp>

#include <cstdint>

namespace widelimit::detail {

/// Mirrors, checks and puts the kernels of an area, with `ld` numbers between rows; NULL: not asked
/// for. Of a symmetric result a tile on the diagonal is symmetric itself: only what is above its
/// diagonal is read. Throws Error(numeric) that names a pair of samples whose entry is not finite.
template <class T>
void deliver(const TileArea& area, const PerKernel<T*>& kernels, std::int64_t ld, bool symmetric,
             KernelSink& sink);

/// The diagonal of a kernel: throws Error(numeric) that names a sample whose entry is not finite.
template <class T>
void check_finite_diagonal(const T* diagonal, std::int64_t n, Kernel kernel);

}  // namespace widelimit::detail
