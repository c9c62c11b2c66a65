// Blocks of any size become tiles: those that are not whole yet wait in memory.
#pragma once

#include "store/layout.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace widelimit::detail {

/// A block as a sink gets it.
struct Block {
  std::int64_t row, col, rows, cols;
  const void *nngp, *ntk;
  std::int64_t ld;
  bool mirror;
};

/// Thread safety: put is for many threads at once.
class Assembly {
 public:
  explicit Assembly(const Layout& layout) : layout_(layout) {}

  /// `wanted` tells whether a tile is still to be made, `whole` gets each tile that this block
  /// completes. Throws Error(internal) where a block lies outside the kernel or lacks one of the
  /// store's kernels.
  void put(const Block& block, const std::function<bool(std::int64_t tile)>& wanted,
           const std::function<void(std::int64_t tile, const std::byte* data)>& whole);

 private:
  struct Tile {
    explicit Tile(std::int64_t bytes) : data(static_cast<std::size_t>(bytes)) {}
    std::vector<std::byte> data;
    std::int64_t missing = 0;  // entries that no block brought
  };
  struct Part;
  std::shared_ptr<Tile> tile_of(std::int64_t index, TilePlace place);
  bool complete(std::int64_t index, const Tile& tile, std::int64_t entries);
  template <class T>
  std::int64_t copy(const Block& block, const Part& part, const void* kernel, std::byte* to) const;

  const Layout& layout_;
  std::mutex mutex_;
  std::unordered_map<std::int64_t, std::shared_ptr<Tile>> open_;
};

}  // namespace widelimit::detail
