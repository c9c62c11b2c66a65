// How a result is cut into Gram products, and these into tiles.
#pragma once

#include "engine/grid/tile_grid.hpp"

#include <cstddef>
#include <cstdint>

namespace widelimit::detail {

/// One Gram product: the samples of an area, computed as height x width with zero rows for samples
/// that do not exist.
struct Unit {
  TileArea area;
  std::int64_t height = 0, width = 0;
};

/// Tiles of a result have at most this side. 256 KiB a kernel in float32: two stay in L2.
inline constexpr std::int64_t tile_side = 256;
/// Rows of a tile are computed in multiples of so many entries (abi.h).
inline constexpr std::int64_t vector_lanes = 16;
/// Sides of units at an edge come in multiples of this, which is one of every micro-kernel's sides.
inline constexpr std::int64_t edge_step = 64;

/// The grid of the units of n1 x n2 numbers of so many bytes. Small results are cut small, for many
/// threads.
[[nodiscard]] constexpr TileGrid unit_grid(std::int64_t n1, std::int64_t n2,
                                           std::size_t bytes) noexcept {
  // Larger products are packed by BLAS less often; in float32 that gains nothing.
  const bool large = bytes == 8 && n1 >= 4096 && n2 >= 4096;
  // Samples of 2048 rows and columns fit into the outer cache together.
  return {.side = large ? 2 * tile_side : tile_side, .diagonal_side = 128, .neighbourhood = 2048};
}

/// The product of a square of that grid, of samples with so many features.
[[nodiscard]] constexpr Unit unit_of(const Square& square, std::int64_t features) noexcept {
  // Below this many features a unit at the edge is computed at full size: BLAS may have other code
  // for small products, with other bits, and an entry's bits are not to depend on how many samples
  // follow.
  constexpr std::int64_t many_features = 512;
  const std::int64_t step = features < many_features ? square.side : edge_step;
  return {square.area, up_to_multiple(square.area.rows, step),
          up_to_multiple(square.area.cols, step)};
}

}  // namespace widelimit::detail
