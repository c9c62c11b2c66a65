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

std::shared_ptr<Assembly::Tile> Assembly::tile_of(std::int64_t index, TilePlace place) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Tile>& tile = open_[index];
  if (!tile) {
    tile = std::make_shared<Tile>(layout_.tile_bytes());
    tile->missing = layout_.rows_of(place) * layout_.cols_of(place);
  }
  return tile;
}

bool Assembly::complete(std::int64_t index, const Tile& tile, std::int64_t entries) {
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
std::int64_t Assembly::copy(const Block& b, const Part& p, const void* kernel,
                            std::byte* to) const {
  const std::int64_t side = layout_.side(), top = p.place.down * side, left = p.place.across * side;
  const T* from = static_cast<const T*>(kernel);
  T* out = reinterpret_cast<T*>(to);
  for (std::int64_t i = p.row; i < p.row_end; ++i)
    std::copy_n(from + (i - b.row) * b.ld + (p.col - b.col), p.col_end - p.col,
                out + (i - top) * side + (p.col - left));
  if (!b.mirror || p.place.down != p.place.across) return p.entries();
  for (std::int64_t i = p.row; i < p.row_end; ++i)
    for (std::int64_t j = p.col; j < p.col_end; ++j)
      out[(j - left) * side + (i - top)] = from[(i - b.row) * b.ld + (j - b.col)];
  return 2 * p.entries();
}

void Assembly::put(const Block& b, const std::function<bool(std::int64_t)>& wanted,
                   const std::function<void(std::int64_t, const std::byte*)>& whole) {
  const StoreSpec& spec = layout_.spec();
  if (b.row < 0 || b.col < 0 || b.rows < 1 || b.cols < 1 || b.row > spec.rows - b.rows ||
      b.col > spec.cols - b.cols)
    throw Error(ErrorCode::internal, "a block lies outside its kernel");
  if ((spec.kernels.nngp && b.nngp == nullptr) || (spec.kernels.ntk && b.ntk == nullptr))
    throw Error(ErrorCode::internal, "a block came without one of the store's kernels");
  const std::int64_t side = layout_.side();
  for (std::int64_t down = b.row / side; down <= (b.row + b.rows - 1) / side; ++down)
    for (std::int64_t across = b.col / side; across <= (b.col + b.cols - 1) / side; ++across) {
      const Part part{{down, across},
                      std::max(b.row, down * side),
                      std::min(b.row + b.rows, (down + 1) * side),
                      std::max(b.col, across * side),
                      std::min(b.col + b.cols, (across + 1) * side)};
      if (!layout_.stored(part.place)) continue;
      const std::int64_t index = layout_.index(part.place);
      if (!wanted(index)) continue;
      const std::shared_ptr<Tile> tile = tile_of(index, part.place);
      std::int64_t entries = 0;
      const auto add = [&](const void* kernel, std::int64_t offset) {
        std::byte* to = tile->data.data() + offset;
        entries = spec.precision == Precision::float32 ? copy<float>(b, part, kernel, to)
                                                       : copy<double>(b, part, kernel, to);
      };
      if (spec.kernels.nngp) add(b.nngp, 0);
      if (spec.kernels.ntk) add(b.ntk, layout_.ntk_offset());
      if (complete(index, *tile, entries)) whole(index, tile->data.data());
    }
}

}  // namespace widelimit::detail
