// Units: the blocks of a result that one Gram product covers.
#pragma once

#include "engine/grid/tile_grid.hpp"

#include <cstddef>
#include <cstdint>

namespace widelimit::detail {

/// One Gram product. It is height x width, padded with zero rows if the area is smaller.
struct Unit {
  TileArea area;
  std::int64_t height = 0, width = 0;
};

/// The largest side of a tile: 256 KiB for each kernel in float32, so two fit in L2.
inline constexpr std::int64_t tile_side = 256;
/// Rows of a tile are computed in multiples of this number of entries (abi.h).
inline constexpr std::int64_t vector_lanes = 16;
/// Sides of units at an edge are multiples of this, which is a multiple of the sides of every
/// micro-kernel of BLAS.
inline constexpr std::int64_t edge_step = 64;

/// The grid of units for n1 x n2 numbers of `bytes` bytes each. Units of small results are small,
/// so that there is work for many threads.
[[nodiscard]] constexpr TileGrid unit_grid(std::int64_t n1, std::int64_t n2,
                                           std::size_t bytes) noexcept {
  // BLAS packs less often in larger products; measured, this gains nothing in float32.
  const bool large = bytes == 8 && n1 >= 4096 && n2 >= 4096;
  // The samples of 2048 rows and 2048 columns fit into the last-level cache.
  return {.side = large ? 2 * tile_side : tile_side, .diagonal_side = 128, .neighbourhood = 2048};
}

/// The unit of a square of that grid, for samples with this number of features.
[[nodiscard]] constexpr Unit unit_of(const Square& square, std::int64_t features) noexcept {
  // With fewer features, units at an edge are computed at full size: BLAS may use different code
  // for small products and give different bits, and the bits of an entry must not depend on the
  // number of samples.
  constexpr std::int64_t many_features = 512;
  const std::int64_t step = features < many_features ? square.side : edge_step;
  return {square.area, round_up(square.area.rows, step), round_up(square.area.cols, step)};
}

}  // namespace widelimit::detail
