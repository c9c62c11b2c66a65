// A kernel that is read block by block from memory, an .npy file or a store on disk.
// Thread safety: const members may be called concurrently.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/matrix.hpp>

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
  /// numbers between rows. Throws Error(usage) for a block outside the kernel, Error(io) if the
  /// file cannot be read.
  virtual void read(std::int64_t row, std::int64_t col, std::int64_t rows, std::int64_t cols,
                    double* out, std::int64_t ld) const = 0;
};

/// A kernel in memory where a source is wanted. It is not copied: it must outlive this object and
/// stay where it is.
class WIDELIMIT_EXPORT MatrixSource final : public KernelSource {
 public:
  explicit MatrixSource(const Matrix& matrix) noexcept
      : MatrixSource(matrix.data(), matrix.rows(), matrix.cols(), matrix.cols()) {}
  explicit MatrixSource(const MatrixF& matrix) noexcept
      : MatrixSource(matrix.data(), matrix.rows(), matrix.cols(), matrix.cols()) {}
  /// [rows, cols], row-major with `ld` numbers between rows.
  MatrixSource(const double* data, std::int64_t rows, std::int64_t cols, std::int64_t ld) noexcept
      : f64_(data), rows_(rows), cols_(cols), ld_(ld) {}
  MatrixSource(const float* data, std::int64_t rows, std::int64_t cols, std::int64_t ld) noexcept
      : f32_(data), rows_(rows), cols_(cols), ld_(ld) {}
  [[nodiscard]] std::int64_t rows() const override { return rows_; }
  [[nodiscard]] std::int64_t cols() const override { return cols_; }
  /// Throws Error(usage) for a block outside the matrix.
  void read(std::int64_t row, std::int64_t col, std::int64_t rows, std::int64_t cols, double* out,
            std::int64_t ld) const override;
  /// The numbers in place, with `stride` of them between rows; NULL: they are float32.
  [[nodiscard]] const double* data() const noexcept { return f64_; }
  [[nodiscard]] std::int64_t stride() const noexcept { return ld_; }

 private:
  const double* f64_ = nullptr;
  const float* f32_ = nullptr;
  std::int64_t rows_, cols_, ld_;
};

}  // namespace widelimit
