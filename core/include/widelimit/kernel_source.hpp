// A kernel that is read block by block from memory, an .npy file or a store on disk.
// Thread safety: const members may be called concurrently.
#pragma once

#include <widelimit/abi.h>

#include <cstdint>

namespace widelimit {

/// One kernel, of which any block can be read at any time. Solvers and predictions use it for
/// kernels that do not fit into memory.
class WIDELIMIT_EXPORT KernelSource {
 public:
  virtual ~KernelSource() = default;
  [[nodiscard]] virtual std::int64_t rows() const = 0;
  [[nodiscard]] virtual std::int64_t cols() const = 0;
  /// Reads rows [row, row + rows) and columns [col, col + cols), row-major, with a distance of `ld`
  /// numbers between rows.
  virtual void read(std::int64_t row, std::int64_t col, std::int64_t rows, std::int64_t cols,
                    double* out, std::int64_t ld) const = 0;
};

}  // namespace widelimit
