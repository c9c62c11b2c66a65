// Checks of finished tiles.
#include "engine/grid/finished_tile.hpp"

#include <widelimit/error.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <utility>

namespace widelimit::detail {

namespace {

// 0 * x is 0 where x is finite and NaN where it is not: sums of that in independent lanes, which is
// what a compiler vectorises.
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

template <class T>
std::string remedy() {
  return std::string(" is not finite: the network overflows ") +
         (sizeof(T) == 4 ? "float32 there; scale the data (preprocess), or use float64"
                         : "float64 there; scale the data (preprocess)");
}

template <class T>
void check_finite(const T* a, std::int64_t row, std::int64_t col, std::int64_t rows,
                  std::int64_t cols, std::int64_t ld, const char* name) {
  for (std::int64_t i = 0; i < rows; ++i) {
    const T* r = a + i * ld;
    if (all_finite(r, cols)) continue;
    for (std::int64_t j = 0; j < cols; ++j)
      if (!std::isfinite(r[j]))
        throw Error(ErrorCode::numeric,
                    std::string("the ") + name + " kernel of sample " + std::to_string(row + i) +
                        " of the rows and sample " + std::to_string(col + j) +
                        " of the columns (counted from 0)" + remedy<T>(),
                    {}, row + i);
  }
}

// Below the diagonal what is above it: transforms need not be symmetric to the last bit.
template <class T>
void mirror_in_place(T* a, std::int64_t n, std::int64_t ld) {
  for (std::int64_t i = 1; i < n; ++i)
    for (std::int64_t j = 0; j < i; ++j) a[i * ld + j] = a[j * ld + i];
}

}  // namespace

template <class T>
void deliver(const FinishedTile<T>& t, KernelSink& sink) {
  for (const auto& [kernel, name] : {std::pair{t.nngp, "NNGP"}, std::pair{t.ntk, "NTK"}}) {
    if (kernel == nullptr) continue;
    if (t.diagonal) mirror_in_place(kernel, t.rows, t.ld);
    check_finite(kernel, t.row, t.col, t.rows, t.cols, t.ld, name);
  }
  sink.put(t.row, t.col, t.rows, t.cols, t.nngp, t.ntk, t.ld, t.mirrored);
}

template <class T>
void check_finite_diagonal(const T* diagonal, std::int64_t n, const char* name) {
  if (all_finite(diagonal, n)) return;
  const auto i =
      std::find_if(diagonal, diagonal + n, [](T v) { return !std::isfinite(v); }) - diagonal;
  throw Error(ErrorCode::numeric,
              std::string("the ") + name + " kernel of sample " + std::to_string(i) +
                  " (counted from 0) with itself" + remedy<T>(),
              {}, i);
}

template void check_finite_diagonal(const float*, std::int64_t, const char*);
template void check_finite_diagonal(const double*, std::int64_t, const char*);
template void deliver(const FinishedTile<float>&, KernelSink&);
template void deliver(const FinishedTile<double>&, KernelSink&);

}  // namespace widelimit::detail
