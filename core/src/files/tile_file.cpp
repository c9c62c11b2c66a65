// Tiles to their places in the file, row by row.
#include "files/tile_file.hpp"

#include "files/npy_header.hpp"

#include <widelimit/error.hpp>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

namespace widelimit::detail {

namespace {

// Rows that are transposed at a time: 16 floats are a cache line of the block.
constexpr std::int64_t transpose_block = 16;

}  // namespace

TileFile::TileFile(const std::filesystem::path& file, std::int64_t rows, std::int64_t cols,
                   Precision precision)
    : file_(file), rows_(rows), cols_(cols), precision_(precision) {
  const std::string header = npy_header_text(
      precision == Precision::float32 ? NpyType::float32 : NpyType::float64, {rows, cols});
  offset_ = static_cast<std::int64_t>(header.size());
  const auto size = static_cast<std::int64_t>(bytes_of(precision));
  if (cols > 0 && rows > (std::numeric_limits<std::int64_t>::max() - offset_) / size / cols)
    throw Error(ErrorCode::usage, "\"" + file.string() + "\" would be too large for any disk");
  missing_ = rows * cols;
  file_.claim(offset_ + rows * cols * size);
  file_.write_at(0, header.data(), header.size());
}

void TileFile::check_inside(std::int64_t row, std::int64_t col, std::int64_t rows,
                            std::int64_t cols) const {
  if (row < 0 || col < 0 || rows < 0 || cols < 0 || row > rows_ - rows || col > cols_ - cols)
    throw Error(ErrorCode::internal, "a tile lies outside its kernel");
}

template <class T>
void TileFile::put_as(std::int64_t row, std::int64_t col, std::int64_t rows, std::int64_t cols,
                      const T* block, std::int64_t ld) {
  const std::size_t bytes = static_cast<std::size_t>(cols) * sizeof(T);
  for (std::int64_t i = 0; i < rows; ++i)
    file_.write_at(offset_ + ((row + i) * cols_ + col) * static_cast<std::int64_t>(sizeof(T)),
                   block + i * ld, bytes);
  missing_ -= rows * cols;
}

template <class T>
void TileFile::put_transposed_as(std::int64_t row, std::int64_t col, std::int64_t rows,
                                 std::int64_t cols, const T* block, std::int64_t ld) {
  std::vector<T> strip(static_cast<std::size_t>(transpose_block * cols));
  for (std::int64_t r = 0; r < rows; r += transpose_block) {
    const std::int64_t height = std::min(transpose_block, rows - r);
    for (std::int64_t c = 0; c < cols; c += transpose_block)
      for (std::int64_t i = 0; i < height; ++i)
        for (std::int64_t j = c; j < std::min(c + transpose_block, cols); ++j)
          strip[static_cast<std::size_t>(i * cols + j)] = block[j * ld + r + i];
    put_as(row + r, col, height, cols, strip.data(), cols);
  }
}

void TileFile::put(std::int64_t row, std::int64_t col, std::int64_t rows, std::int64_t cols,
                   const void* block, std::int64_t ld) {
  check_inside(row, col, rows, cols);
  if (precision_ == Precision::float32)
    put_as(row, col, rows, cols, static_cast<const float*>(block), ld);
  else
    put_as(row, col, rows, cols, static_cast<const double*>(block), ld);
}

void TileFile::put_transposed(std::int64_t row, std::int64_t col, std::int64_t rows,
                              std::int64_t cols, const void* block, std::int64_t ld) {
  check_inside(row, col, rows, cols);
  if (precision_ == Precision::float32)
    put_transposed_as(row, col, rows, cols, static_cast<const float*>(block), ld);
  else
    put_transposed_as(row, col, rows, cols, static_cast<const double*>(block), ld);
}

void TileFile::commit() {
  if (missing_ != 0)
    throw Error(ErrorCode::internal, "a kernel was to be saved with " +
                                         std::to_string(missing_.load()) + " entries missing");
  file_.commit();
}

}  // namespace widelimit::detail
