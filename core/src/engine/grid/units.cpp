// Cutting a result into units.
#include "engine/grid/units.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace widelimit::detail {

namespace {

// Below this many features a unit at the edge is computed at full size: BLAS may have other code
// for small products, with other bits, and an entry's bits are not to depend on how many samples
// follow.
constexpr std::int64_t many_features = 512;
// Side of the squares in whose order units come.
constexpr std::int64_t neighbourhood = 2048;

class Cutter {
 public:
  Cutter(std::int64_t n1, std::int64_t n2, std::int64_t features)
      : n1_(n1), n2_(n2), features_(features) {}

  void rectangle(std::int64_t row, std::int64_t col, std::int64_t side, bool diagonal = false) {
    if (row >= n1_ || col >= n2_) return;
    const std::int64_t rows = std::min(side, n1_ - row), cols = std::min(side, n2_ - col);
    const std::int64_t step = features_ < many_features ? side : edge_step;
    units_.push_back(
        {row, col, rows, cols, up_to_multiple(rows, step), up_to_multiple(cols, step), diagonal});
  }

  void diagonal(std::int64_t at, std::int64_t side) {
    if (at >= n1_) return;
    if (side == smallest_diagonal) return rectangle(at, at, side, true);
    diagonal(at, side / 2);
    rectangle(at, at + side / 2, side / 2);
    diagonal(at + side / 2, side / 2);
  }

  std::vector<Unit> take() { return std::move(units_); }

 private:
  std::int64_t n1_, n2_, features_;
  std::vector<Unit> units_;
};

}  // namespace

std::int64_t unit_side(std::int64_t n1, std::int64_t n2, std::size_t bytes) noexcept {
  // Larger products are packed by BLAS less often; in float32 that gains nothing. Small results are
  // cut small, for many threads.
  const bool large = bytes == 8 && n1 >= 4096 && n2 >= 4096;
  return large ? 2 * tile_side : tile_side;
}

std::vector<Unit> units_of(std::int64_t n1, std::int64_t n2, bool symmetric, std::int64_t features,
                           std::int64_t side) {
  Cutter cut(n1, n2, features);
  for (std::int64_t top = 0; top < n1; top += neighbourhood)
    for (std::int64_t left = symmetric ? top : 0; left < n2; left += neighbourhood)
      for (std::int64_t row = top; row < std::min(top + neighbourhood, n1); row += side)
        for (std::int64_t col = symmetric ? std::max(row, left) : left;
             col < std::min(left + neighbourhood, n2); col += side)
          if (symmetric && row == col)
            cut.diagonal(row, side);
          else
            cut.rectangle(row, col, side);
  return cut.take();
}

}  // namespace widelimit::detail
