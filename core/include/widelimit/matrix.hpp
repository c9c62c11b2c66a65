// Row-major matrices, and arrays of samples.
// Thread safety: values; any number of threads may read at once.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/control.hpp>
#include <widelimit/sample_shape.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

namespace widelimit {

/// The precision of kernels. Solvers always use float64.
enum class Precision { float32, float64 };

[[nodiscard]] constexpr std::size_t bytes_of(Precision p) noexcept {
  return p == Precision::float32 ? 4 : 8;
}
template <class T>
inline constexpr Precision precision_of =
    std::is_same_v<T, float> ? Precision::float32 : Precision::float64;

/// A dense row-major matrix, 64-byte aligned. It can be moved; use `clone()` to copy it.
template <class T>
class WIDELIMIT_EXPORT BasicMatrix {
 public:
  BasicMatrix() = default;
  /// Filled with zeros. Throws Error(memory) with the size if there is not enough memory.
  BasicMatrix(std::int64_t rows, std::int64_t cols);
  /// Does not write to the memory, so the contents are undefined.
  static BasicMatrix uninitialized(std::int64_t rows, std::int64_t cols);
  /// From rows of equal length.
  BasicMatrix(std::initializer_list<std::initializer_list<T>> rows);

  [[nodiscard]] std::int64_t rows() const noexcept { return rows_; }
  [[nodiscard]] std::int64_t cols() const noexcept { return cols_; }
  [[nodiscard]] std::int64_t size() const noexcept { return rows_ * cols_; }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] T* data() noexcept { return data_.get(); }
  [[nodiscard]] const T* data() const noexcept { return data_.get(); }
  [[nodiscard]] T& operator()(std::int64_t i, std::int64_t j) noexcept {
    return data_[static_cast<std::size_t>(i * cols_ + j)];
  }
  [[nodiscard]] const T& operator()(std::int64_t i, std::int64_t j) const noexcept {
    return data_[static_cast<std::size_t>(i * cols_ + j)];
  }
  [[nodiscard]] std::span<T> row(std::int64_t i) noexcept {
    return {data() + i * cols_, static_cast<std::size_t>(cols_)};
  }
  [[nodiscard]] std::span<const T> row(std::int64_t i) const noexcept {
    return {data() + i * cols_, static_cast<std::size_t>(cols_)};
  }
  [[nodiscard]] std::span<T> flat() noexcept { return {data(), static_cast<std::size_t>(size())}; }
  [[nodiscard]] std::span<const T> flat() const noexcept {
    return {data(), static_cast<std::size_t>(size())};
  }
  [[nodiscard]] BasicMatrix clone() const;

  /// Reads comma-separated numbers ("inf" and "nan" included), one row per line. A first line
  /// without numbers is a header, which is skipped. Throws Error(usage) with line and column if a
  /// field is not a number. A control, here and below, may be NULL; it receives "read" or "write".
  static BasicMatrix read_csv(const std::filesystem::path& file, Control* control = nullptr);
  /// Writes 17 (float64) or 9 (float32) significant digits. Writes a temporary file and renames it.
  void write_csv(const std::filesystem::path& file, Control* control = nullptr) const;
  /// Reads float32, float64 or uint8, one or two axes ([n] becomes [n, 1]), C or Fortran order.
  static BasicMatrix read_npy(const std::filesystem::path& file, Control* control = nullptr);
  void write_npy(const std::filesystem::path& file, Control* control = nullptr) const;

 private:
  struct Release {
    void operator()(T* p) const noexcept;
  };
  std::int64_t rows_ = 0, cols_ = 0;
  std::unique_ptr<T[], Release> data_;
};

using Matrix = BasicMatrix<double>;
using MatrixF = BasicMatrix<float>;

/// The product of a [m, k] and b [k, n], by BLAS. Throws Error(usage) if the shapes do not fit.
[[nodiscard]] WIDELIMIT_EXPORT Matrix operator*(const Matrix& a, const Matrix& b);

/// Samples as a network sees them: [sample, site..., channel], channels last, in one of the two
/// precisions. Holds its numbers in a matrix [sample, features], so a sample is one row.
class WIDELIMIT_EXPORT Samples {
 public:
  Samples() = default;
  /// Samples without spatial axes, [n, channels].
  Samples(Matrix values);   // NOLINT: a matrix is a set of samples
  Samples(MatrixF values);  // NOLINT
  /// With spatial axes, the channels being what is left of a row; throws Error(usage) unless
  /// values.cols() divides into `sites`.
  Samples(Matrix values, std::vector<std::int64_t> sites);
  Samples(MatrixF values, std::vector<std::int64_t> sites);

  [[nodiscard]] std::int64_t count() const noexcept {
    return precision_ == Precision::float64 ? f64_.rows() : f32_.rows();
  }
  [[nodiscard]] std::int64_t features() const noexcept {
    return precision_ == Precision::float64 ? f64_.cols() : f32_.cols();
  }
  [[nodiscard]] const SampleShape& shape() const noexcept { return shape_; }
  [[nodiscard]] Precision precision() const noexcept { return precision_; }
  /// The matrix of this precision; empty if the samples have the other precision.
  [[nodiscard]] const Matrix& f64() const noexcept { return f64_; }
  [[nodiscard]] const MatrixF& f32() const noexcept { return f32_; }
  [[nodiscard]] double at(std::int64_t sample, std::int64_t feature) const noexcept;
  /// The samples [begin, end), converted to the given precision. Throws Error(usage) if there are
  /// not so many.
  [[nodiscard]] Samples converted(Precision to, std::int64_t begin, std::int64_t end) const;
  [[nodiscard]] Samples converted(Precision to) const { return converted(to, 0, count()); }

 private:
  Precision precision_ = Precision::float64;
  SampleShape shape_;
  Matrix f64_;
  MatrixF f32_;
};

}  // namespace widelimit
