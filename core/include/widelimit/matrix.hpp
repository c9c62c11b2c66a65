// Row-major matrices and sample arrays, the currency of the embedding API.
// Thread safety: values; concurrent reads are fine.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/sample_shape.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

namespace widelimit {

/// Arithmetic of the kernels. Solves are always in float64.
enum class Precision { float32, float64 };

[[nodiscard]] constexpr std::size_t bytes_of(Precision p) noexcept {
  return p == Precision::float32 ? 4 : 8;
}
template <class T>
inline constexpr Precision precision_of =
    std::is_same_v<T, float> ? Precision::float32 : Precision::float64;

/// A dense row-major matrix, 64-byte aligned, move-only (copies of gigabytes are spelled out:
/// `clone()`).
template <class T>
class WIDELIMIT_EXPORT BasicMatrix {
 public:
  BasicMatrix() = default;
  /// Zero-filled. Throws Error(memory) that names the size where it cannot be had.
  BasicMatrix(std::int64_t rows, std::int64_t cols);
  /// Contents undefined and memory untouched.
  static BasicMatrix uninitialized(std::int64_t rows, std::int64_t cols);
  /// From a list of rows of equal length.
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

  /// Comma-separated numbers ("inf" and "nan" are some), one row a line; a first line without any
  /// number is a header and skipped. Throws Error(usage) with line and column of what is not a
  /// number.
  static BasicMatrix read_csv(const std::filesystem::path& file);
  /// 17 (float64) or 9 (float32) significant digits; written beside and renamed.
  void write_csv(const std::filesystem::path& file) const;
  /// float32, float64 or uint8, one or two axes ([n] counts as [n, 1]), C or Fortran order.
  static BasicMatrix read_npy(const std::filesystem::path& file);
  void write_npy(const std::filesystem::path& file) const;

 private:
  struct Release {
    void operator()(T* p) const noexcept;
  };
  std::int64_t rows_ = 0, cols_ = 0;
  std::unique_ptr<T[], Release> data_;
};

using Matrix = BasicMatrix<double>;
using MatrixF = BasicMatrix<float>;

/// a b, by BLAS. Shapes [m, k] and [k, n]; throws Error(usage) where they do not fit.
[[nodiscard]] WIDELIMIT_EXPORT Matrix operator*(const Matrix& a, const Matrix& b);

/// Samples as a network sees them: [sample, site..., channel], channels last, in one of the two
/// precisions. Holds its numbers in a matrix [sample, features], so a sample is one row.
class WIDELIMIT_EXPORT Samples {
 public:
  Samples() = default;
  /// Dense samples [n, channels].
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
  /// The matrix of that precision; empty where the samples are held in the other.
  [[nodiscard]] const Matrix& f64() const noexcept { return f64_; }
  [[nodiscard]] const MatrixF& f32() const noexcept { return f32_; }
  [[nodiscard]] double at(std::int64_t sample, std::int64_t feature) const noexcept;
  /// Rounded (or widened) to the other precision, rows [begin, end).
  [[nodiscard]] Samples converted(Precision to, std::int64_t begin, std::int64_t end) const;
  [[nodiscard]] Samples converted(Precision to) const { return converted(to, 0, count()); }

 private:
  Precision precision_ = Precision::float64;
  SampleShape shape_;
  Matrix f64_;
  MatrixF f32_;
};

}  // namespace widelimit
