// Cuts a kernel into squares.
#include "engine/grid/tile_grid.hpp"

#include <algorithm>
#include <utility>

namespace widelimit::detail {

namespace {

class Cutter {
 public:
  Cutter(const PairsOfSamples& pairs, std::int64_t diagonal_side)
      : pairs_(pairs), diagonal_side_(diagonal_side) {}

  void square(std::int64_t row, std::int64_t col, std::int64_t side) {
    if (row >= pairs_.rows || col >= pairs_.cols) return;
    const TileArea area{row, col, std::min(side, pairs_.rows - row),
                        std::min(side, pairs_.cols - col)};
    squares_.push_back({area, side, pairs_.symmetric && row == col});
  }

  void diagonal(std::int64_t at, std::int64_t side) {
    if (at >= pairs_.rows) return;
    if (side <= diagonal_side_) return square(at, at, side);
    diagonal(at, side / 2);
    square(at, at + side / 2, side / 2);
    diagonal(at + side / 2, side / 2);
  }

  std::vector<Square> take() { return std::move(squares_); }

 private:
  PairsOfSamples pairs_;
  std::int64_t diagonal_side_;
  std::vector<Square> squares_;
};

}  // namespace

std::vector<Square> TileGrid::squares(const PairsOfSamples& pairs) const {
  Cutter cut(pairs, diagonal_side);
  for (std::int64_t top = 0; top < pairs.rows; top += neighbourhood)
    for (std::int64_t left = pairs.symmetric ? top : 0; left < pairs.cols; left += neighbourhood)
      for (std::int64_t row = top; row < std::min(top + neighbourhood, pairs.rows); row += side)
        for (std::int64_t col = pairs.symmetric ? std::max(row, left) : left;
             col < std::min(left + neighbourhood, pairs.cols); col += side)
          if (pairs.symmetric && row == col)
            cut.diagonal(row, side);
          else
            cut.square(row, col, side);
  return cut.take();
}

}  // namespace widelimit::detail
