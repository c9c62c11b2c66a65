// Where computed kernels go, tile by tile: memory, files, a store on disk.
// Thread safety: a sink is called by several threads at once.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/kernel.hpp>
#include <widelimit/matrix.hpp>

#include <cstdint>

namespace widelimit {

/// Rows [row, row + rows) x columns [col, col + cols) of a kernel.
struct TileArea {
  std::int64_t row = 0, col = 0, rows = 0, cols = 0;
};

/// A part of both kernels, or of one, as a sink receives it. The memory is the sender's.
struct WIDELIMIT_EXPORT Tile {
  TileArea area;
  /// Row-major with `ld` entries between rows, in `precision`; NULL: this kernel was not asked for.
  PerKernel<const void*> values;
  std::int64_t ld = 0;
  Precision precision = Precision::float64;
  /// The transpose of this tile is part of the kernel too: the columns are the rows' samples, and
  /// the tile lies above the diagonal.
  bool mirror = false;

  template <class T>
  [[nodiscard]] static Tile of(const TileArea& area, const PerKernel<const T*>& values,
                               std::int64_t ld, bool mirror) noexcept {
    return {area, {values.nngp, values.ntk}, ld, precision_of<T>, mirror};
  }
  /// The entries of one kernel, or NULL. Throws Error(internal) where T is not `precision`.
  template <class T>
  [[nodiscard]] const T* entries(Kernel kernel) const;
};

/// Where tiles of a result go. Calls arrive from several threads, each tile once; different tiles
/// never overlap.
class WIDELIMIT_EXPORT KernelSink {
 public:
  virtual ~KernelSink();
  virtual void put(const Tile& tile) = 0;
  /// Is everything in this area here already? Then it is neither computed nor put. Asked by several
  /// threads.
  [[nodiscard]] virtual bool has(const TileArea& area) const;
};

}  // namespace widelimit
