// Where everything stands in a store, and its header. The place of a tile depends on its indices
// alone, never on when it came: equal kernels are equal files.
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

struct TilePlace {
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
  /// Symmetric: tiles below the diagonal are not stored.
  [[nodiscard]] bool stored(TilePlace t) const noexcept {
    return !spec_.symmetric || t.down <= t.across;
  }
  [[nodiscard]] std::int64_t index(TilePlace t) const noexcept {
    return spec_.symmetric ? t.across * (t.across + 1) / 2 + t.down : t.down * across_ + t.across;
  }
  [[nodiscard]] TilePlace place(std::int64_t index) const noexcept;
  /// Rows and columns of a tile that the kernel has; the others are zero.
  [[nodiscard]] std::int64_t rows_of(TilePlace t) const noexcept;
  [[nodiscard]] std::int64_t cols_of(TilePlace t) const noexcept;

  [[nodiscard]] std::int64_t kernel_bytes() const noexcept { return kernel_bytes_; }  ///< of a tile
  [[nodiscard]] std::int64_t tile_bytes() const noexcept { return tile_bytes_; }
  /// From the tile's beginning on.
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

/// Throws Error(usage) for sizes that no file can have.
void require_valid(const StoreSpec& spec, const std::filesystem::path& file);

/// How long the header is, from the first smallest_header bytes of a file. Throws Error(usage) that
/// names the file for what is no store, or of a version that this library does not read.
[[nodiscard]] std::int64_t header_length(std::string_view begin, const std::filesystem::path& file);
/// From a whole header. Throws the same, and for a header whose checksum does not match.
[[nodiscard]] StoreSpec read_header(std::string_view header, const std::filesystem::path& file);

/// Does a damaged header belong to these bytes? Either the checksum is theirs, or all the rest is.
[[nodiscard]] bool is_damaged_copy(std::string_view found, std::string_view expected);

/// One sentence a difference; empty where both hold the same.
[[nodiscard]] std::vector<std::string> differences(const StoreSpec& stored, const StoreSpec& asked);

}  // namespace widelimit::detail
