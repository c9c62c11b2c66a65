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

/// Thread safety: put is for many threads at once.
class Assembly {
 public:
  explicit Assembly(const Layout& layout) : layout_(layout) {}

  /// `wanted` tells whether a tile of the store is still to be made, `whole` gets each one that
  /// `block` completes. Throws Error(internal) where `block` lies outside the kernel, has another
  /// precision or lacks one of the store's kernels.
  void put(const Tile& block, const std::function<bool(std::int64_t tile)>& wanted,
           const std::function<void(std::int64_t tile, const std::byte* data)>& whole);

 private:
  struct OpenTile {
    explicit OpenTile(std::int64_t bytes) : data(static_cast<std::size_t>(bytes)) {}
    std::vector<std::byte> data;
    std::int64_t missing = 0;  // entries that no block brought
  };
  struct Part;
  std::shared_ptr<OpenTile> tile_of(std::int64_t index, TilePlace place);
  bool complete(std::int64_t index, const OpenTile& tile, std::int64_t entries);
  template <class T>
  std::int64_t copy(const Tile& block, const Part& part, Kernel kernel, std::byte* to) const;

  const Layout& layout_;
  std::mutex mutex_;
  std::unordered_map<std::int64_t, std::shared_ptr<OpenTile>> open_;
};

}  // namespace widelimit::detail
