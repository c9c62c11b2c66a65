// Where computed kernels go, tile by tile: memory, files, a store on disk.
// Thread safety: a sink is called by several threads at once.
#pragma once

#include <widelimit/abi.h>

#include <cstdint>

namespace widelimit {

/// Which kernels a call computes.
struct Kernels {
  bool nngp = true, ntk = true;
};

/// Where tiles of a result go. Calls arrive from several threads, each tile once; tiles of
/// different indices never overlap.
class WIDELIMIT_EXPORT KernelSink {
 public:
  virtual ~KernelSink();
  /// A block of rows [row, row + rows) x columns [col, col + cols) of the result, row-major with
  /// `ld` entries between rows, in the precision of the request. `ntk` is NULL where it was not
  /// asked for, likewise `nngp`. `mirror`: the transposed block is this one too (x1 is x2, off the
  /// diagonal).
  virtual void put(std::int64_t row, std::int64_t col, std::int64_t rows, std::int64_t cols,
                   const void* nngp, const void* ntk, std::int64_t ld, bool mirror) = 0;
  /// Is this block here already? Then it is neither computed nor put. Asked by several threads.
  [[nodiscard]] virtual bool has(std::int64_t row, std::int64_t col, std::int64_t rows,
                                 std::int64_t cols) const;
};

}  // namespace widelimit
