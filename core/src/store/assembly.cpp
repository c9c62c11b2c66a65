// Cutting blocks at the borders of tiles. Of a symmetric kernel tiles on the diagonal are whole
// squares, so what a block says about both triangles goes there twice.
#include "store/assembly.hpp"

#include <widelimit/error.hpp>

#include <algorithm>

namespace widelimit::detail {

// What of a block lies in one tile: rows and columns of the kernel.
struct Assembly::Part {
  TilePlace place;
  std::int64_t row, row_end, col, col_end;
  [[nodiscard]] std::int64_t entries() const noexcept { return (row_end - row) * (col_end - col); }
};

std::shared_ptr<Assembly::OpenTile> Assembly::tile_of(std::int64_t index, TilePlace place) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<OpenTile>& tile = open_[index];
  if (!tile) {
    tile = std::make_shared<OpenTile>(layout_.tile_bytes());
    tile->missing = layout_.rows_of(place) * layout_.cols_of(place);
  }
  return tile;
}

bool Assembly::complete(std::int64_t index, const OpenTile& tile, std::int64_t entries) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(index);
  if (found == open_.end() || found->second.get() != &tile || found->second->missing < entries)
    throw Error(ErrorCode::internal, "a block of a kernel came twice");
  found->second->missing -= entries;
  if (found->second->missing > 0) return false;
  open_.erase(found);
  return true;
}

// Gives the number of entries copied.
template <class T>
std::int64_t Assembly::copy(const Tile& b, const Part& p, Kernel kernel, std::byte* to) const {
  const std::int64_t side = layout_.side(), top = p.place.down * side, left = p.place.across * side;
  const T* from = b.entries<T>(kernel);
  T* out = reinterpret_cast<T*>(to);
  for (std::int64_t i = p.row; i < p.row_end; ++i)
    std::copy_n(from + (i - b.area.row) * b.ld + (p.col - b.area.col), p.col_end - p.col,
                out + (i - top) * side + (p.col - left));
  if (!b.mirror || p.place.down != p.place.across) return p.entries();
  for (std::int64_t i = p.row; i < p.row_end; ++i)
    for (std::int64_t j = p.col; j < p.col_end; ++j)
      out[(j - left) * side + (i - top)] = from[(i - b.area.row) * b.ld + (j - b.area.col)];
  return 2 * p.entries();
}

void Assembly::put(const Tile& b, const std::function<bool(std::int64_t)>& wanted,
                   const std::function<void(std::int64_t, const std::byte*)>& whole) {
  const StoreSpec& spec = layout_.spec();
  const auto [row, col, rows, cols] = b.area;
  if (row < 0 || col < 0 || rows < 1 || cols < 1 || row > spec.rows - rows ||
      col > spec.cols - cols)
    throw Error(ErrorCode::internal, "a block lies outside its kernel");
  for (const Kernel k : all_kernels)
    if (spec.kernels[k] && b.values[k] == nullptr)
      throw Error(ErrorCode::internal, "a block came without one of the store's kernels");
  const std::int64_t side = layout_.side();
  for (std::int64_t down = row / side; down <= (row + rows - 1) / side; ++down)
    for (std::int64_t across = col / side; across <= (col + cols - 1) / side; ++across) {
      const Part part{{down, across},
                      std::max(row, down * side),
                      std::min(row + rows, (down + 1) * side),
                      std::max(col, across * side),
                      std::min(col + cols, (across + 1) * side)};
      if (!layout_.stored(part.place)) continue;
      const std::int64_t index = layout_.index(part.place);
      if (!wanted(index)) continue;
      const std::shared_ptr<OpenTile> tile = tile_of(index, part.place);
      std::int64_t entries = 0;
      for (const Kernel k : all_kernels) {
        if (!spec.kernels[k]) continue;
        std::byte* to = tile->data.data() + layout_.kernel_offset(k);
        entries = spec.precision == Precision::float32 ? copy<float>(b, part, k, to)
                                                       : copy<double>(b, part, k, to);
      }
      if (complete(index, *tile, entries)) whole(index, tile->data.data());
    }
}

}  // namespace widelimit::detail
