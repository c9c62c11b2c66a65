// Mirrors, checks and delivers finished tiles.
#include "engine/grid/finished_tile.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <string>

namespace widelimit::detail {

namespace {

// 0 * x is 0 if x is finite and NaN otherwise. Sums of 0 * x in independent lanes vectorise.
template <class T>
bool all_finite(const T* a, std::int64_t n) {
  constexpr std::int64_t lanes = 64 / static_cast<std::int64_t>(sizeof(T));
  T sum[lanes] = {};
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    for (std::int64_t l = 0; l < lanes; ++l) sum[l] += T{0} * a[i + l];
  for (; i < n; ++i) sum[0] += T{0} * a[i];
  return std::all_of(std::begin(sum), std::end(sum), [](T s) { return s == T{0}; });
}

const char* name_of(SampleSet set) { return set == SampleSet::x1 ? "x1" : "x2"; }
const char* title_of(Kernel kernel) { return kernel == Kernel::nngp ? "NNGP" : "NTK"; }

template <class T>
constexpr const char* name_of_precision = sizeof(T) == 4 ? "float32" : "float64";

// Throws Error(numeric) for the entry of two samples.
[[noreturn]] void throw_for(Kernel kernel, SampleNumber row, SampleNumber col,
                            const std::string& reason) {
  const auto sample = [](const SampleNumber& s) {
    return "sample " + std::to_string(s.number) + " of " + name_of(s.set);
  };
  const bool same = row.set == col.set && row.number == col.number;
  throw Error(ErrorCode::numeric,
              std::string("the ") + title_of(kernel) + " kernel of " + sample(row) +
                  (same ? " with itself" : " and " + sample(col)) + " (counted from 0) " + reason,
              {}, {.sample = row, .other_sample = col, .kernel = kernel, .reason = reason});
}

template <class T>
[[noreturn]] void throw_not_finite(Kernel kernel, SampleNumber row, SampleNumber col) {
  throw_for(kernel, row, col,
            std::string("is not finite: the network overflows ") + name_of_precision<T> +
                (sizeof(T) == 4 ? " there; scale the data (preprocess), or use float64"
                                : " there; scale the data (preprocess)"));
}

// Whether the variance of a sample of data is a normal number.
template <class T>
bool is_normal(const T* numbers, std::int64_t n) {
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i)
    sum += static_cast<double>(numbers[i]) * static_cast<double>(numbers[i]);
  return sum / static_cast<double>(n) >= static_cast<double>(std::numeric_limits<T>::min());
}

template <class T>
void check_finite(const T* a, const TileArea& area, std::int64_t ld, bool symmetric,
                  Kernel kernel) {
  const SampleSet columns = symmetric ? SampleSet::x1 : SampleSet::x2;
  const auto [row, col, rows, cols] = area;
  for (std::int64_t i = 0; i < rows; ++i) {
    const T* r = a + i * ld;
    if (all_finite(r, cols)) continue;
    for (std::int64_t j = 0; j < cols; ++j)
      if (!std::isfinite(r[j]))
        throw_not_finite<T>(kernel, {SampleSet::x1, row + i}, {columns, col + j});
  }
}

// Copies the upper triangle to the lower one, because transforms need not be symmetric to the bit.
template <class T>
void mirror_in_place(T* a, std::int64_t n, std::int64_t ld) {
  for (std::int64_t i = 1; i < n; ++i)
    for (std::int64_t j = 0; j < i; ++j) a[i * ld + j] = a[j * ld + i];
}

}  // namespace

template <class T>
void deliver(const TileArea& area, const PerKernel<T*>& kernels, std::int64_t ld, bool symmetric,
             KernelSink& sink) {
  const bool diagonal = symmetric && area.row == area.col;
  for (const Kernel k : all_kernels) {
    if (kernels[k] == nullptr) continue;
    if (diagonal) mirror_in_place(kernels[k], area.rows, ld);
    check_finite(kernels[k], area, ld, symmetric, k);
  }
  sink.put(Tile::of<T>(area, {kernels.nngp, kernels.ntk}, ld, symmetric && !diagonal));
}

template <class T>
void check_finite_diagonal(const T* diagonal, std::int64_t n, Kernel kernel) {
  if (all_finite(diagonal, n)) return;
  const auto i =
      std::find_if(diagonal, diagonal + n, [](T v) { return !std::isfinite(v); }) - diagonal;
  throw_not_finite<T>(kernel, {SampleSet::x1, i}, {SampleSet::x1, i});
}

template <class T>
void UnderflowWatch<T>::add(const T* diagonal, std::int64_t stride, std::int64_t first,
                            std::int64_t n) {
  added_ += n;
  for (std::int64_t i = 0; i < n && !normal_; ++i) {
    const T size = std::abs(diagonal[i * stride]);
    // With this comparison, NaN is no underflow.
    if (!(size < std::numeric_limits<T>::min()))
      normal_ = true;
    else if (!sample_ && (kernel_ == Kernel::nngp || size > T{0}) &&
             is_normal(x_.row(first + i), x_.features))
      sample_ = first + i;
  }
}

template <class T>
std::optional<std::int64_t> UnderflowWatch<T>::found() const {
  return normal_ || added_ < x_.count ? std::nullopt : sample_;
}

template <class T>
void UnderflowWatch<T>::check() const {
  const std::optional<std::int64_t> sample = found();
  if (!sample) return;
  const SampleNumber at{set_, *sample};
  throw_for(kernel_, at, at,
            std::string("is zero or has lost digits: the network underflows ") +
                name_of_precision<T> +
                " for all samples; keep variances up with a greater W_std (sqrt 2, which is 1.414, "
                "before relu)" +
                (sizeof(T) == 4 ? ", or use float64" : ""));
}

template class UnderflowWatch<float>;
template class UnderflowWatch<double>;

template void check_finite_diagonal(const float*, std::int64_t, Kernel);
template void check_finite_diagonal(const double*, std::int64_t, Kernel);
template void deliver(const TileArea&, const PerKernel<float*>&, std::int64_t, bool, KernelSink&);
template void deliver(const TileArea&, const PerKernel<double*>&, std::int64_t, bool, KernelSink&);

}  // namespace widelimit::detail
