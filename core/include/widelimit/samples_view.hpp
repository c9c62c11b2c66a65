// Samples in memory that the host owns: no copy where the precision is that of the computation.
// Thread safety: values; concurrent reads are fine.
#pragma once

#include <widelimit/matrix.hpp>
#include <widelimit/sample_shape.hpp>

#include <cstdint>

namespace widelimit {

/// Borrowed samples, one a row. The numbers of a row are contiguous (sites in C order, channels
/// last), and the next row begins `stride` numbers later. The memory must stay as it is while the
/// view is in use; `Samples` and matrices convert, so a view of a temporary lives as long as the
/// call that takes it.
class WIDELIMIT_EXPORT SamplesView {
 public:
  SamplesView(const Samples& samples);  // NOLINT: the same samples, borrowed
  /// Dense samples [n, channels].
  SamplesView(const Matrix& values);   // NOLINT
  SamplesView(const MatrixF& values);  // NOLINT

  /// `count` rows, one after another or `stride` numbers apart. Throws Error(usage) where the
  /// stride is below the numbers of a sample, or there is no memory.
  SamplesView(const double* numbers, std::int64_t count, SampleShape shape);
  SamplesView(const float* numbers, std::int64_t count, SampleShape shape);
  SamplesView(const double* numbers, std::int64_t count, SampleShape shape, std::int64_t stride);
  SamplesView(const float* numbers, std::int64_t count, SampleShape shape, std::int64_t stride);

  [[nodiscard]] std::int64_t count() const noexcept { return count_; }
  [[nodiscard]] const SampleShape& shape() const noexcept { return shape_; }
  [[nodiscard]] Precision precision() const noexcept { return precision_; }
  /// Numbers from one row to the next.
  [[nodiscard]] std::int64_t stride() const noexcept { return stride_; }
  /// The first number, a double or a float as `precision()` says.
  [[nodiscard]] const void* numbers() const noexcept { return numbers_; }
  /// Rows [first, first + n), borrowed from the same memory. Throws Error(usage) if there are not
  /// so many, as converted() does.
  [[nodiscard]] SamplesView part(std::int64_t first, std::int64_t n) const;
  /// A copy of rows [begin, end), rounded or widened where `to` is the other precision.
  [[nodiscard]] Samples converted(Precision to, std::int64_t begin, std::int64_t end) const;

 private:
  SamplesView(const void* numbers, Precision precision, std::int64_t count, SampleShape shape,
              std::int64_t stride);
  template <class T>
  SamplesView(const BasicMatrix<T>& values, SampleShape shape);

  const void* numbers_;
  Precision precision_;
  std::int64_t count_;
  SampleShape shape_;
  std::int64_t stride_;
};

}  // namespace widelimit
