// Assembles tiles from blocks of any size. Incomplete tiles stay in memory.
#pragma once

#include "base/sizes.hpp"
#include "store/layout.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace widelimit::detail {

/// Thread safety: several threads may call put at once.
class Assembly {
 public:
  explicit Assembly(const Layout& layout) : layout_(layout) {}

  /// `is_missing` says whether the store still lacks a tile; `on_complete` receives each tile that
  /// `block` completes. Throws Error(internal) if `block` lies outside the kernel, has another
  /// precision or lacks one of the store's kernels.
  void put(const Tile& block, const std::function<bool(std::int64_t tile)>& is_missing,
           const std::function<void(std::int64_t tile, const std::byte* data)>& on_complete);

 private:
  struct OpenTile {
    explicit OpenTile(std::int64_t bytes) : data(to_size(bytes)) {}
    std::vector<std::byte> data;
    std::int64_t missing = 0;  // number of entries that no block has contained
  };
  struct Part;
  std::shared_ptr<OpenTile> tile_of(std::int64_t index, TileIndices indices);
  bool complete(std::int64_t index, const OpenTile& tile, std::int64_t entries);
  template <class T>
  std::int64_t copy(const Tile& block, const Part& part, Kernel kernel, std::byte* to) const;

  const Layout& layout_;
  std::mutex mutex_;
  std::unordered_map<std::int64_t, std::shared_ptr<OpenTile>> open_;
};

}  // namespace widelimit::detail
