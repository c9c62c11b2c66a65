// The last steps of every tile: halves mirrored, numbers checked, then the sink.
#pragma once

#include <widelimit/error.hpp>
#include <widelimit/kernel_sink.hpp>

#include <cstdint>

namespace widelimit::detail {

/// Kernels of the pairs of an area, with `ld` numbers between rows; NULL: not wanted.
template <class T>
struct FinishedTile {
  TileArea area;
  PerKernel<T*> kernels;
  std::int64_t ld;
  bool diagonal;  ///< symmetric itself: only what is above its diagonal was computed
  bool mirrored;  ///< its transpose is a part of the result too
};

/// Throws Error(numeric) that names a pair of samples whose entry is not finite.
template <class T>
void deliver(const FinishedTile<T>& tile, KernelSink& sink);

/// The diagonal of a kernel: throws Error(numeric) that names a sample whose entry is not finite.
template <class T>
void check_finite_diagonal(const T* diagonal, std::int64_t n, Kernel kernel);

}  // namespace widelimit::detail
