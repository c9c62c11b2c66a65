// The positions of the parts of a store, and its header. The position of a tile depends only on its
// indices, not on the order of writing, so equal kernels give equal files.
#pragma once

#include <widelimit/store.hpp>

#include "store/checksum.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace widelimit::detail {

inline constexpr std::int64_t largest_header = 16 << 20;  // bytes
inline constexpr std::int64_t smallest_header = 128;

struct TileIndices {
  std::int64_t down, across;  ///< indices of the tile's row and column
};

/// Positions in the file of a spec that `require_valid` accepts.
class Layout {
 public:
  explicit Layout(StoreSpec spec);

  [[nodiscard]] const StoreSpec& spec() const noexcept { return spec_; }
  [[nodiscard]] std::int64_t side() const noexcept { return spec_.tile_side; }
  [[nodiscard]] std::int64_t tiles() const noexcept { return tiles_; }
  [[nodiscard]] std::int64_t down() const noexcept { return down_; }      ///< rows of tiles
  [[nodiscard]] std::int64_t across() const noexcept { return across_; }  ///< columns of tiles
  /// If the kernel is symmetric, tiles below the diagonal are not stored.
  [[nodiscard]] bool stored(TileIndices t) const noexcept {
    return !spec_.symmetric || t.down <= t.across;
  }
  [[nodiscard]] std::int64_t index(TileIndices t) const noexcept {
    return spec_.symmetric ? t.across * (t.across + 1) / 2 + t.down : t.down * across_ + t.across;
  }
  [[nodiscard]] TileIndices indices(std::int64_t index) const noexcept;
  /// The rows and columns of a tile that lie inside the kernel. The others are zero.
  [[nodiscard]] std::int64_t rows_of(TileIndices t) const noexcept;
  [[nodiscard]] std::int64_t cols_of(TileIndices t) const noexcept;

  [[nodiscard]] std::int64_t kernel_bytes() const noexcept { return kernel_bytes_; }  ///< of a tile
  [[nodiscard]] std::int64_t tile_bytes() const noexcept { return tile_bytes_; }
  /// Relative to the beginning of the tile.
  [[nodiscard]] std::int64_t kernel_offset(Kernel kernel) const noexcept {
    return kernel == Kernel::ntk && spec_.kernels.nngp ? kernel_bytes_ : 0;
  }
  [[nodiscard]] std::int64_t header_bytes() const noexcept {
    return static_cast<std::int64_t>(header_.size());
  }
  [[nodiscard]] std::int64_t entry_offset(std::int64_t tile) const noexcept {
    return header_bytes() + tile * static_cast<std::int64_t>(sizeof(Checksum));
  }
  [[nodiscard]] std::int64_t table_end() const noexcept { return entry_offset(tiles_); }
  [[nodiscard]] std::int64_t data_offset() const noexcept { return data_offset_; }
  [[nodiscard]] std::int64_t tile_offset(std::int64_t tile) const noexcept {
    return data_offset_ + tile * tile_bytes_;
  }
  [[nodiscard]] std::int64_t file_bytes() const noexcept { return tile_offset(tiles_); }
  [[nodiscard]] const std::string& header() const noexcept { return header_; }
  [[nodiscard]] Checksum tile_checksum(std::int64_t tile, const void* data) const;
  /// "tile 3, 5 (rows 384 to 511, columns 640 to 767)"
  [[nodiscard]] std::string name(std::int64_t tile) const;

 private:
  StoreSpec spec_;
  std::int64_t down_, across_, tiles_, kernel_bytes_, tile_bytes_, data_offset_;
  std::string header_;
};

/// Throws Error(usage) for impossible sizes.
void require_valid(const StoreSpec& spec, const std::filesystem::path& file);

/// The length of the header, from the first smallest_header bytes of a file. Throws Error(usage)
/// with the name of the file if it is not a store, or a store of a version that this library does
/// not read.
[[nodiscard]] std::int64_t header_length(std::string_view begin, const std::filesystem::path& file);
/// Reads a complete header. Throws the same errors, and one if the checksum does not match.
[[nodiscard]] StoreSpec read_header(std::string_view header, const std::filesystem::path& file);

/// Whether a damaged header was once these bytes: either its checksum agrees with theirs, or
/// everything else does.
[[nodiscard]] bool is_damaged_copy(std::string_view found, std::string_view expected);

/// One sentence for each difference; empty if the two are equal.
[[nodiscard]] std::vector<std::string> differences(const StoreSpec& stored,
                                                   const StoreSpec& requested);

}  // namespace widelimit::detail
