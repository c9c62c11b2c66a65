// One kernel as an .npy file that is filled tile by tile.
#pragma once

#include "files/new_file.hpp"

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

  /// A block of the result, row-major with `ld` entries between rows; from any thread, blocks must
  /// not overlap.
  void put(std::int64_t row, std::int64_t col, std::int64_t rows, std::int64_t cols,
           const void* block, std::int64_t ld);
  /// The same block transposed: its rows are columns of `block`.
  void put_transposed(std::int64_t row, std::int64_t col, std::int64_t rows, std::int64_t cols,
                      const void* block, std::int64_t ld);
  /// Throws Error(internal) unless every entry was put.
  void commit();

 private:
  template <class T>
  void put_as(std::int64_t row, std::int64_t col, std::int64_t rows, std::int64_t cols,
              const T* block, std::int64_t ld);
  template <class T>
  void put_transposed_as(std::int64_t row, std::int64_t col, std::int64_t rows, std::int64_t cols,
                         const T* block, std::int64_t ld);
  void check_inside(std::int64_t row, std::int64_t col, std::int64_t rows, std::int64_t cols) const;

  NewFile file_;
  std::int64_t rows_, cols_;
  Precision precision_;
  std::int64_t offset_ = 0;
  std::atomic<std::int64_t> missing_{0};  // entries that no tile has brought yet
};

}  // namespace widelimit::detail
