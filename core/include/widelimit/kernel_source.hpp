// A kernel that is read block by block, wherever it lies: memory, an .npy file, a store on disk.
// Thread safety: const members may be called concurrently.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/matrix.hpp>

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

 private:
  const double* f64_ = nullptr;
  const float* f32_ = nullptr;
  std::int64_t rows_, cols_, ld_;
};

}  // namespace widelimit
