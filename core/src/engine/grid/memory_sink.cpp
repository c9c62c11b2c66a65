// Copies tiles to memory. A result larger than the caches would evict everything else, so it is
// written with non-temporal stores of whole cache lines. The mirror image is transposed a few
// columns at a time into a buffer, and from there stored in long rows.
#include "engine/grid/memory_sink.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace widelimit::detail {

namespace {

constexpr std::int64_t line = 64;                      // bytes of a cache line
constexpr std::int64_t larger_than_caches = 16 << 20;  // bytes
constexpr std::int64_t most_rows = 256;                // rows of a transposed block

// Numbers of a cache line, which is also the number of columns transposed at once.
template <class T>
constexpr std::int64_t line_numbers = line / static_cast<std::int64_t>(sizeof(T));

// Copies a row, with non-temporal stores where whole cache lines allow it.
template <class T>
void store_row(const T* from, std::int64_t n, T* to, bool non_temporal) {
#if defined(__SSE2__)
  if (non_temporal && n >= 2 * line_numbers<T>) {
    const auto misaligned = static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(to) % line);
    if (misaligned % static_cast<std::int64_t>(sizeof(T)) == 0) {
      const std::int64_t head =
          misaligned == 0 ? 0 : (line - misaligned) / static_cast<std::int64_t>(sizeof(T));
      std::copy_n(from, head, to);
      std::int64_t i = head;
      for (; i + line_numbers<T> <= n; i += line_numbers<T>)
        for (std::int64_t part = 0; part < line_numbers<T>;
             part += 16 / static_cast<std::int64_t>(sizeof(T)))
          _mm_stream_si128(reinterpret_cast<__m128i*>(to + i + part),
                           _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i + part)));
      from += i;
      to += i;
      n -= i;
    }
  }
#endif
  static_cast<void>(non_temporal);
  std::copy_n(from, n, to);
}

#if defined(__SSE2__)
// Transposes four float32 or two float64 rows of one cache line: column c goes to
// to[c * most_rows].
void transpose_rows(const float* from, std::int64_t ld, float* to) {
  for (std::int64_t c = 0; c < line_numbers<float>; c += 4) {
    __m128 a = _mm_loadu_ps(from + c), b = _mm_loadu_ps(from + ld + c),
           d = _mm_loadu_ps(from + 2 * ld + c), e = _mm_loadu_ps(from + 3 * ld + c);
    _MM_TRANSPOSE4_PS(a, b, d, e);
    _mm_store_ps(to + c * most_rows, a);
    _mm_store_ps(to + (c + 1) * most_rows, b);
    _mm_store_ps(to + (c + 2) * most_rows, d);
    _mm_store_ps(to + (c + 3) * most_rows, e);
  }
}
void transpose_rows(const double* from, std::int64_t ld, double* to) {
  for (std::int64_t c = 0; c < line_numbers<double>; c += 2) {
    const __m128d a = _mm_loadu_pd(from + c), b = _mm_loadu_pd(from + ld + c);
    _mm_store_pd(to + c * most_rows, _mm_unpacklo_pd(a, b));
    _mm_store_pd(to + (c + 1) * most_rows, _mm_unpackhi_pd(a, b));
  }
}
template <class T>
constexpr std::int64_t rows_per_transpose = 16 / static_cast<std::int64_t>(sizeof(T));
#endif

template <class T>
void store_mirrored(const T* tile, std::int64_t rows, std::int64_t cols, std::int64_t ld, T* out,
                    std::int64_t out_ld, bool non_temporal) {
  alignas(line) T columns[line_numbers<T> * most_rows];
  for (std::int64_t j = 0; j < cols; j += line_numbers<T>) {
    const std::int64_t width = std::min(line_numbers<T>, cols - j);
    std::int64_t i = 0;
#if defined(__SSE2__)
    if (width == line_numbers<T>)
      for (; i + rows_per_transpose<T> <= rows; i += rows_per_transpose<T>)
        transpose_rows(tile + i * ld + j, ld, columns + i);
#endif
    for (; i < rows; ++i)
      for (std::int64_t c = 0; c < width; ++c) columns[c * most_rows + i] = tile[i * ld + j + c];
    for (std::int64_t c = 0; c < width; ++c)
      store_row(columns + c * most_rows, rows, out + (j + c) * out_ld, non_temporal);
  }
}

}  // namespace

template <class T>
MemorySink<T>::MemorySink(const PerKernel<T*>& out, std::int64_t rows, std::int64_t cols,
                          std::int64_t ld) noexcept
    : out_(out),
      ld_(ld),
      non_temporal_(rows * cols > larger_than_caches / static_cast<std::int64_t>(sizeof(T))) {}

template <class T>
void MemorySink<T>::put(const Tile& tile) {
  const auto [row, col, rows, cols] = tile.area;
  for (const Kernel k : all_kernels) {
    T* const out = out_[k];
    if (out == nullptr) continue;
    const T* const from = tile.entries<T>(k);
    for (std::int64_t i = 0; i < rows; ++i)
      store_row(from + i * tile.ld, cols, out + (row + i) * ld_ + col, non_temporal_);
    if (!tile.mirror) continue;
    for (std::int64_t i = 0; i < rows; i += most_rows)
      store_mirrored(from + i * tile.ld, std::min(most_rows, rows - i), cols, tile.ld,
                     out + col * ld_ + row + i, ld_, non_temporal_);
  }
#if defined(__SSE2__)
  if (non_temporal_) _mm_sfence();  // orders the stores before other threads learn of the tile
#endif
}

template class MemorySink<float>;
template class MemorySink<double>;

}  // namespace widelimit::detail
