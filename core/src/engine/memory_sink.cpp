// Copying tiles. A tile is in cache when it comes, and its mirror image is written row by row of
// the result: long contiguous stores, with the strided side in cache.
#include "engine/memory_sink.hpp"

#include <algorithm>

namespace widelimit::detail {

namespace {

template <class T>
void copy(const T* tile, std::int64_t rows, std::int64_t cols, std::int64_t ld, T* out,
          std::int64_t out_ld) {
  for (std::int64_t i = 0; i < rows; ++i) std::copy_n(tile + i * ld, cols, out + i * out_ld);
}

// A square of this side is turned in registers and L1 before its rows are stored.
constexpr std::int64_t turn = 16;

template <class T>
void transpose(const T* tile, std::int64_t rows, std::int64_t cols, std::int64_t ld, T* out,
               std::int64_t out_ld) {
  for (std::int64_t j = 0; j < cols; j += turn)
    for (std::int64_t i = 0; i < rows; i += turn)
      for (std::int64_t c = j; c < std::min(j + turn, cols); ++c)
        for (std::int64_t r = i; r < std::min(i + turn, rows); ++r)
          out[c * out_ld + r] = tile[r * ld + c];
}

}  // namespace

template <class T>
void MemorySink<T>::put(std::int64_t row, std::int64_t col, std::int64_t rows, std::int64_t cols,
                        const void* nngp, const void* ntk, std::int64_t ld, bool mirror) {
  const auto place = [&](const void* tile, T* out) {
    if (out == nullptr) return;
    const T* t = static_cast<const T*>(tile);
    copy(t, rows, cols, ld, out + row * cols_ + col, cols_);
    if (mirror) transpose(t, rows, cols, ld, out + col * cols_ + row, cols_);
  };
  place(nngp, nngp_);
  place(ntk, ntk_);
}

template class MemorySink<float>;
template class MemorySink<double>;

}  // namespace widelimit::detail
