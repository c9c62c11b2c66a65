// A kernel that is read block by block, wherever it lies: memory, an .npy file, a store on disk.
// Thread safety: const members may be called concurrently.
#pragma once

#include <widelimit/abi.h>

#include <cstdint>

namespace widelimit {

/// Numbers of one kernel, any block at any time: what solvers and predictions read at size.
class WIDELIMIT_EXPORT KernelSource {
 public:
  virtual ~KernelSource() = default;
  [[nodiscard]] virtual std::int64_t rows() const = 0;
  [[nodiscard]] virtual std::int64_t cols() const = 0;
  /// Rows [row, row + rows) x columns [col, col + cols), row-major with `ld` numbers between rows.
  virtual void read(std::int64_t row, std::int64_t col, std::int64_t rows, std::int64_t cols,
                    double* out, std::int64_t ld) const = 0;
};

}  // namespace widelimit
