// The grid of tiles of a kernel.
#pragma once

#include <widelimit/kernel_sink.hpp>

#include <cstdint>
#include <vector>

namespace widelimit::detail {

/// The pairs of two sets of samples, or of one set with itself.
struct PairsOfSamples {
  std::int64_t rows = 0, cols = 0;
  bool symmetric = false;
};

/// A square of a grid.
struct Square {
  TileArea area;          ///< the part inside the kernel
  std::int64_t side = 0;  ///< of the full square
  bool diagonal = false;  ///< on the diagonal of a symmetric kernel
};

/// The squares begin at index 0, so the square of a pair does not depend on the number of samples.
/// Squares below the diagonal of a symmetric kernel are omitted.
struct TileGrid {
  std::int64_t side = 0;
  /// Squares on the diagonal of a symmetric kernel are subdivided down to this side, so that few
  /// entries are computed twice.
  std::int64_t diagonal_side = 0;
  /// Order of the squares, for locality: all squares of one larger square of this side, then those
  /// of the next; row by row within a larger square.
  std::int64_t neighbourhood = 0;

  [[nodiscard]] std::vector<Square> squares(const PairsOfSamples& pairs) const;
};

[[nodiscard]] constexpr std::int64_t round_up(std::int64_t n, std::int64_t multiple) noexcept {
  return (n + multiple - 1) / multiple * multiple;
}

}  // namespace widelimit::detail
