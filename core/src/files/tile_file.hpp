// One kernel as an .npy file that is filled tile by tile.
#pragma once

#include "files/new_file.hpp"

#include <widelimit/kernel_sink.hpp>
#include <widelimit/matrix.hpp>

#include <atomic>
#include <cstdint>
#include <filesystem>

namespace widelimit::detail {

/// The disk space is claimed at once; a tile is written when it comes, so that memory stays
/// bounded. (Measured: copying tiles into a shared mapping costs as much, and turns an error of the
/// disk into a signal.)
class TileFile {
 public:
  TileFile(const std::filesystem::path& file, std::int64_t rows, std::int64_t cols,
           Precision precision);

  /// One kernel of a tile, and its mirror image; from any thread, tiles must not overlap. Throws
  /// Error(internal) where the tile lies outside the kernel or has another precision.
  void put(const Tile& tile, Kernel kernel);
  /// Throws Error(internal) unless every entry was put.
  void commit();

 private:
  template <class T>
  void put_as(const Tile& tile, Kernel kernel);
  template <class T>
  void put_rows(const TileArea& area, const T* block, std::int64_t ld);
  // `area` is that of the mirror image: its rows are columns of `block`.
  template <class T>
  void put_transposed(const TileArea& area, const T* block, std::int64_t ld);
  void check_inside(const TileArea& area) const;

  NewFile file_;
  std::int64_t rows_, cols_;
  Precision precision_;
  std::int64_t offset_ = 0;
  std::atomic<std::int64_t> missing_{0};  // entries that no tile has brought yet
};

}  // namespace widelimit::detail
