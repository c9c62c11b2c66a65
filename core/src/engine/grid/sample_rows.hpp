// Samples in the form that the engine reads: rows of numbers in the precision of a run.
#pragma once

#include <widelimit/samples_view.hpp>

#include "engine/grid/tile_grid.hpp"

#include <cstdint>

namespace widelimit::detail {

/// `count` rows of `features` contiguous numbers; rows begin `stride` numbers apart.
template <class T>
struct SampleRows {
  const T* numbers = nullptr;
  std::int64_t count = 0, features = 0, stride = 0;

  [[nodiscard]] const T* row(std::int64_t i) const noexcept { return numbers + i * stride; }
  /// Rows [first, first + n).
  [[nodiscard]] SampleRows part(std::int64_t first, std::int64_t n) const noexcept {
    return {row(first), n, features, stride};
  }
  friend bool operator==(const SampleRows&, const SampleRows&) = default;
};

/// Rows that are contiguous in memory.
template <class T>
[[nodiscard]] SampleRows<T> sample_rows(const T* numbers, std::int64_t count,
                                        std::int64_t features) noexcept {
  return {numbers, count, features, features};
}

/// Two sets of samples with the same features. The pair is symmetric if x2 is x1.
template <class T>
struct SamplePair {
  SampleRows<T> x1, x2;

  [[nodiscard]] std::int64_t features() const noexcept { return x1.features; }
  [[nodiscard]] bool symmetric() const noexcept { return x1 == x2; }
  [[nodiscard]] PairsOfSamples pairs() const noexcept { return {x1.count, x2.count, symmetric()}; }
};

/// Samples in the precision of a run. Copies them only if they have another precision.
template <class T>
class InPrecision {
 public:
  explicit InPrecision(const SamplesView& x) {
    if (x.precision() == precision_of<T>) {
      rows_ = {static_cast<const T*>(x.numbers()), x.count(), x.shape().features(), x.stride()};
      return;
    }
    copy_ = x.converted(precision_of<T>, 0, x.count());
    if constexpr (precision_of<T> == Precision::float64)
      rows_ = sample_rows(copy_.f64().data(), copy_.count(), copy_.features());
    else
      rows_ = sample_rows(copy_.f32().data(), copy_.count(), copy_.features());
  }
  InPrecision(const InPrecision&) = delete;
  InPrecision& operator=(const InPrecision&) = delete;
  [[nodiscard]] const SampleRows<T>& rows() const noexcept { return rows_; }

 private:
  Samples copy_;
  SampleRows<T> rows_;
};

}  // namespace widelimit::detail
