// Which tiles a kernel is computed in.
#pragma once

#include <widelimit/kernel_sink.hpp>

#include <cstdint>
#include <vector>

namespace widelimit::detail {

/// The pairs of two sets of samples, or of one with itself.
struct PairsOfSamples {
  std::int64_t rows = 0, cols = 0;
  bool symmetric = false;
};

/// A square of a grid.
struct Square {
  TileArea area;          ///< what of it the kernel has
  std::int64_t side = 0;  ///< of all of it
  bool diagonal = false;  ///< of a symmetric kernel: itself symmetric
};

/// Squares from index 0 on: which square a pair belongs to does not depend on how many samples
/// there are. Of a symmetric kernel those below the diagonal are left out.
struct TileGrid {
  std::int64_t side = 0;
  /// Squares on the diagonal of a symmetric kernel are halved towards it down to this side, so that
  /// little is computed twice.
  std::int64_t diagonal_side = 0;
  /// Squares come in an order that stays near: all of one larger square of this side, then of the
  /// next. Of one that covers the whole kernel they come row by row.
  std::int64_t neighbourhood = 0;

  [[nodiscard]] std::vector<Square> squares(const PairsOfSamples& pairs) const;
};

[[nodiscard]] constexpr std::int64_t up_to_multiple(std::int64_t n, std::int64_t of) noexcept {
  return (n + of - 1) / of * of;
}

}  // namespace widelimit::detail
