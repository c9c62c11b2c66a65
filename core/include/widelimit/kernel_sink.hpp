// A sink receives computed kernels tile by tile: in memory, in files or in a store on disk.
// Thread safety: several threads call a sink at once.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/kernel.hpp>
#include <widelimit/matrix.hpp>

#include <cstdint>

namespace widelimit {

/// Rows [row, row + rows) and columns [col, col + cols) of a kernel.
struct TileArea {
  std::int64_t row = 0, col = 0, rows = 0, cols = 0;
};

/// A part of one or both kernels, as a sink receives it. The sender owns the memory.
struct WIDELIMIT_EXPORT Tile {
  TileArea area = {};
  /// Row-major, with a distance of `ld` entries between rows, in `precision`; NULL: this kernel was
  /// not requested.
  PerKernel<const void*> values = {};
  std::int64_t ld = 0;
  Precision precision = Precision::float64;
  /// If true, the transpose of this tile is also part of the kernel: rows and columns belong to the
  /// same samples, and the tile is above the diagonal.
  bool mirror = false;

  template <class T>
  [[nodiscard]] static Tile of(const TileArea& area, const PerKernel<const T*>& values,
                               std::int64_t ld, bool mirror) noexcept {
    return {area, {values.nngp, values.ntk}, ld, precision_of<T>, mirror};
  }
  /// The entries of one kernel, or NULL. Throws Error(internal) if T does not match `precision`.
  template <class T>
  [[nodiscard]] const T* entries(Kernel kernel) const;
};

/// Receives the tiles of a result. Several threads call it, once per tile. Tiles never overlap.
class WIDELIMIT_EXPORT KernelSink {
 public:
  virtual ~KernelSink();
  /// What it throws ends the computation: an Error as it is, another exception as Error(internal).
  virtual void put(const Tile& tile) = 0;
  /// Whether the sink already has everything in this area. Then the area is neither computed nor
  /// put. Several threads call this.
  [[nodiscard]] virtual bool has(const TileArea& area) const;
};

}  // namespace widelimit
