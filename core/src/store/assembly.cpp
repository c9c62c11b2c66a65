// Cuts blocks at the borders of tiles. In a symmetric kernel, tiles on the diagonal are full
// squares, so a block that has a mirror image is copied there twice.
#include "store/assembly.hpp"

#include <widelimit/error.hpp>

#include <algorithm>

namespace widelimit::detail {

// The part of a block that lies in one tile: rows and columns of the kernel.
struct Assembly::Part {
  TileIndices indices;
  std::int64_t row, row_end, col, col_end;
  [[nodiscard]] std::int64_t entries() const noexcept { return (row_end - row) * (col_end - col); }
};

std::shared_ptr<Assembly::OpenTile> Assembly::tile_of(std::int64_t index, TileIndices indices) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<OpenTile>& tile = open_[index];
  if (!tile) {
    tile = std::make_shared<OpenTile>(layout_.tile_bytes());
    tile->missing = layout_.rows_of(indices) * layout_.cols_of(indices);
  }
  return tile;
}

bool Assembly::complete(std::int64_t index, const OpenTile& tile, std::int64_t entries) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(index);
  if (found == open_.end() || found->second.get() != &tile || found->second->missing < entries)
    throw Error(ErrorCode::internal, "two blocks of a kernel overlap");
  found->second->missing -= entries;
  if (found->second->missing > 0) return false;
  open_.erase(found);
  return true;
}

// Returns the number of copied entries.
template <class T>
std::int64_t Assembly::copy(const Tile& b, const Part& p, Kernel kernel, std::byte* to) const {
  const std::int64_t side = layout_.side(), top = p.indices.down * side,
                     left = p.indices.across * side;
  const T* from = b.entries<T>(kernel);
  T* out = reinterpret_cast<T*>(to);
  for (std::int64_t i = p.row; i < p.row_end; ++i)
    std::copy_n(from + (i - b.area.row) * b.ld + (p.col - b.area.col), p.col_end - p.col,
                out + (i - top) * side + (p.col - left));
  if (!b.mirror || p.indices.down != p.indices.across) return p.entries();
  for (std::int64_t i = p.row; i < p.row_end; ++i)
    for (std::int64_t j = p.col; j < p.col_end; ++j)
      out[(j - left) * side + (i - top)] = from[(i - b.area.row) * b.ld + (j - b.area.col)];
  return 2 * p.entries();
}

void Assembly::put(const Tile& b, const std::function<bool(std::int64_t)>& is_missing,
                   const std::function<void(std::int64_t, const std::byte*)>& on_complete) {
  const StoreSpec& spec = layout_.spec();
  const auto [row, col, rows, cols] = b.area;
  if (row < 0 || col < 0 || rows < 1 || cols < 1 || row > spec.rows - rows ||
      col > spec.cols - cols)
    throw Error(ErrorCode::internal, "a block lies outside its kernel");
  for (const Kernel k : all_kernels)
    if (spec.kernels[k] && b.values[k] == nullptr)
      throw Error(ErrorCode::internal, "a block lacks one of the store's kernels");
  const std::int64_t side = layout_.side();
  for (std::int64_t down = row / side; down <= (row + rows - 1) / side; ++down)
    for (std::int64_t across = col / side; across <= (col + cols - 1) / side; ++across) {
      const Part part{{down, across},
                      std::max(row, down * side),
                      std::min(row + rows, (down + 1) * side),
                      std::max(col, across * side),
                      std::min(col + cols, (across + 1) * side)};
      if (!layout_.stored(part.indices)) continue;
      const std::int64_t index = layout_.index(part.indices);
      if (!is_missing(index)) continue;
      const std::shared_ptr<OpenTile> tile = tile_of(index, part.indices);
      std::int64_t entries = 0;
      for (const Kernel k : all_kernels) {
        if (!spec.kernels[k]) continue;
        std::byte* to = tile->data.data() + layout_.kernel_offset(k);
        entries = spec.precision == Precision::float32 ? copy<float>(b, part, k, to)
                                                       : copy<double>(b, part, k, to);
      }
      if (complete(index, *tile, entries)) on_complete(index, tile->data.data());
    }
}

}  // namespace widelimit::detail
