// One kernel as an .npy file that is filled tile by tile.
#pragma once

#include "files/new_file.hpp"

#include <widelimit/kernel_sink.hpp>
#include <widelimit/matrix.hpp>

#include <atomic>
#include <cstdint>
#include <filesystem>

namespace widelimit::detail {

/// Allocates the disk space first, and writes each tile when it arrives, so that memory stays
/// bounded. (Copying tiles into a shared mapping takes as long, by measurement, and turns an error
/// of the disk into a signal.)
class TileFile {
 public:
  TileFile(const std::filesystem::path& file, std::int64_t rows, std::int64_t cols,
           Precision precision);

  /// Writes one kernel of a tile, and its mirror image. Any thread may call it. Tiles must not
  /// overlap. Throws Error(internal) if the tile lies outside the kernel or has another precision.
  void put(const Tile& tile, Kernel kernel);
  /// Throws Error(internal) if an entry is missing.
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
  std::atomic<std::int64_t> missing_{0};  // number of entries that have not been written
};

}  // namespace widelimit::detail
