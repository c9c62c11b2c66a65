// Writes tiles into the file, row by row.
#include "files/tile_file.hpp"

#include "base/sizes.hpp"
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

void TileFile::check_inside(const TileArea& a) const {
  if (a.row < 0 || a.col < 0 || a.rows < 0 || a.cols < 0 || a.row > rows_ - a.rows ||
      a.col > cols_ - a.cols)
    throw Error(ErrorCode::internal, "a tile lies outside its kernel");
}

template <class T>
void TileFile::put_rows(const TileArea& area, const T* block, std::int64_t ld) {
  const std::size_t bytes = to_size(area.cols) * sizeof(T);
  for (std::int64_t i = 0; i < area.rows; ++i)
    file_.write_at(
        offset_ + ((area.row + i) * cols_ + area.col) * static_cast<std::int64_t>(sizeof(T)),
        block + i * ld, bytes);
  missing_ -= area.rows * area.cols;
}

template <class T>
void TileFile::put_transposed(const TileArea& area, const T* block, std::int64_t ld) {
  std::vector<T> strip(to_size(transpose_block * area.cols));
  for (std::int64_t r = 0; r < area.rows; r += transpose_block) {
    const std::int64_t height = std::min(transpose_block, area.rows - r);
    for (std::int64_t c = 0; c < area.cols; c += transpose_block)
      for (std::int64_t i = 0; i < height; ++i)
        for (std::int64_t j = c; j < std::min(c + transpose_block, area.cols); ++j)
          strip[to_size(i * area.cols + j)] = block[j * ld + r + i];
    put_rows({area.row + r, area.col, height, area.cols}, strip.data(), area.cols);
  }
}

template <class T>
void TileFile::put_as(const Tile& tile, Kernel kernel) {
  const T* const block = tile.entries<T>(kernel);
  const auto [row, col, rows, cols] = tile.area;
  put_rows(tile.area, block, tile.ld);
  if (tile.mirror) put_transposed({col, row, cols, rows}, block, tile.ld);
}

void TileFile::put(const Tile& tile, Kernel kernel) {
  const auto [row, col, rows, cols] = tile.area;
  check_inside(tile.area);
  if (tile.mirror) check_inside({col, row, cols, rows});
  if (precision_ == Precision::float32)
    put_as<float>(tile, kernel);
  else
    put_as<double>(tile, kernel);
}

void TileFile::commit() {
  if (missing_ != 0)
    throw Error(ErrorCode::internal,
                "a kernel cannot be saved: " + std::to_string(missing_.load()) +
                    " of its entries are missing");
  file_.commit();
}

}  // namespace widelimit::detail
