// Copying tiles. A tile is in cache when it comes; the result, where it is larger than the caches,
// is not wanted there, so whole cache lines are stored past them. The mirror image is turned a few
// columns at a time and then stored in the same long rows.
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
constexpr std::int64_t longest = 256;                  // rows turned at once: tiles have no more

// Columns turned at once: one cache line of a row.
template <class T>
constexpr std::int64_t turned = line / static_cast<std::int64_t>(sizeof(T));

// A row of numbers to its place; `past` the caches where whole lines allow it.
template <class T>
void store_row(const T* from, std::int64_t n, T* to, bool past) {
#if defined(__SSE2__)
  if (past && n >= 2 * turned<T>) {
    const auto misaligned = static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(to) % line);
    if (misaligned % static_cast<std::int64_t>(sizeof(T)) == 0) {
      const std::int64_t head =
          misaligned == 0 ? 0 : (line - misaligned) / static_cast<std::int64_t>(sizeof(T));
      std::copy_n(from, head, to);
      std::int64_t i = head;
      for (; i + turned<T> <= n; i += turned<T>)
        for (std::int64_t part = 0; part < turned<T>;
             part += 16 / static_cast<std::int64_t>(sizeof(T)))
          _mm_stream_si128(reinterpret_cast<__m128i*>(to + i + part),
                           _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i + part)));
      from += i;
      to += i;
      n -= i;
    }
  }
#endif
  static_cast<void>(past);
  std::copy_n(from, n, to);
}

#if defined(__SSE2__)
// Four (two) rows of a cache line's columns: column c of them goes to to[c * longest].
void turn_rows(const float* from, std::int64_t ld, float* to) {
  for (std::int64_t c = 0; c < turned<float>; c += 4) {
    __m128 a = _mm_loadu_ps(from + c), b = _mm_loadu_ps(from + ld + c),
           d = _mm_loadu_ps(from + 2 * ld + c), e = _mm_loadu_ps(from + 3 * ld + c);
    _MM_TRANSPOSE4_PS(a, b, d, e);
    _mm_store_ps(to + c * longest, a);
    _mm_store_ps(to + (c + 1) * longest, b);
    _mm_store_ps(to + (c + 2) * longest, d);
    _mm_store_ps(to + (c + 3) * longest, e);
  }
}
void turn_rows(const double* from, std::int64_t ld, double* to) {
  for (std::int64_t c = 0; c < turned<double>; c += 2) {
    const __m128d a = _mm_loadu_pd(from + c), b = _mm_loadu_pd(from + ld + c);
    _mm_store_pd(to + c * longest, _mm_unpacklo_pd(a, b));
    _mm_store_pd(to + (c + 1) * longest, _mm_unpackhi_pd(a, b));
  }
}
template <class T>
constexpr std::int64_t rows_turned = 16 / static_cast<std::int64_t>(sizeof(T));
#endif

template <class T>
void store_mirrored(const T* tile, std::int64_t rows, std::int64_t cols, std::int64_t ld, T* out,
                    std::int64_t out_ld, bool past) {
  alignas(line) T columns[turned<T> * longest];
  for (std::int64_t j = 0; j < cols; j += turned<T>) {
    const std::int64_t width = std::min(turned<T>, cols - j);
    std::int64_t i = 0;
#if defined(__SSE2__)
    if (width == turned<T>)
      for (; i + rows_turned<T> <= rows; i += rows_turned<T>)
        turn_rows(tile + i * ld + j, ld, columns + i);
#endif
    for (; i < rows; ++i)
      for (std::int64_t c = 0; c < width; ++c) columns[c * longest + i] = tile[i * ld + j + c];
    for (std::int64_t c = 0; c < width; ++c)
      store_row(columns + c * longest, rows, out + (j + c) * out_ld, past);
  }
}

}  // namespace

template <class T>
MemorySink<T>::MemorySink(const PerKernel<T*>& out, std::int64_t rows, std::int64_t cols,
                          std::int64_t ld) noexcept
    : out_(out),
      ld_(ld),
      past_(rows * cols > larger_than_caches / static_cast<std::int64_t>(sizeof(T))) {}

template <class T>
void MemorySink<T>::put(const Tile& tile) {
  const auto [row, col, rows, cols] = tile.area;
  for (const Kernel k : all_kernels) {
    T* const out = out_[k];
    if (out == nullptr) continue;
    const T* const from = tile.entries<T>(k);
    for (std::int64_t i = 0; i < rows; ++i)
      store_row(from + i * tile.ld, cols, out + (row + i) * ld_ + col, past_);
    if (!tile.mirror) continue;
    for (std::int64_t i = 0; i < rows; i += longest)
      store_mirrored(from + i * tile.ld, std::min(longest, rows - i), cols, tile.ld,
                     out + col * ld_ + row + i, ld_, past_);
  }
#if defined(__SSE2__)
  if (past_) _mm_sfence();  // before another thread is told that the tile is there
#endif
}

template class MemorySink<float>;
template class MemorySink<double>;

}  // namespace widelimit::detail
