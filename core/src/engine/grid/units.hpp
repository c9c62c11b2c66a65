// How a result is cut into Gram products.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace widelimit::detail {

/// One Gram product: samples [row, row + rows) x [col, col + cols), computed as height x width with
/// zero rows for what is not there.
struct Unit {
  std::int64_t row, col, rows, cols, height, width;
  bool diagonal;  ///< of a symmetric result, row is col: itself symmetric
};

/// Tiles of a result have at most this side. 256 KiB a kernel in float32: two stay in L2.
inline constexpr std::int64_t tile_side = 256;
/// Rows of a tile are computed in multiples of so many entries (abi.h).
inline constexpr std::int64_t vector_lanes = 16;
/// Sides of units at an edge come in multiples of this, which is one of every micro-kernel's sides.
inline constexpr std::int64_t edge_step = 64;

/// Squares on the diagonal of a symmetric result are halved down to this side.
inline constexpr std::int64_t smallest_diagonal = 128;

[[nodiscard]] constexpr std::int64_t up_to_multiple(std::int64_t n, std::int64_t of) noexcept {
  return (n + of - 1) / of * of;
}

/// Side of the units of a result of n1 x n2 numbers of so many bytes.
[[nodiscard]] std::int64_t unit_side(std::int64_t n1, std::int64_t n2, std::size_t bytes) noexcept;

/// All units of a result, on a fixed grid from index 0: which unit a pair belongs to does not
/// depend on how many samples there are. Symmetric: those on and above the diagonal, where squares
/// are halved towards it so that little is computed twice. In an order that stays near: squares of
/// units whose samples fit into the outer cache together.
[[nodiscard]] std::vector<Unit> units_of(std::int64_t n1, std::int64_t n2, bool symmetric,
                                         std::int64_t features, std::int64_t side);

}  // namespace widelimit::detail
