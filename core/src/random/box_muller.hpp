// Normal numbers from uniform ones.
#pragma once

#include <cstdint>

namespace widelimit::detail {

/// In place: each pair (u, v) of numbers on (0, 1) becomes the two normal numbers
///   sqrt(-2 log u) cos(2 pi v),  sqrt(-2 log u) sin(2 pi v)
/// (Box and Muller, Ann. Math. Stat. 29, 1958). `n` is even. Accurate to a few units in the last
/// place of the radius; the same bits whatever the compiler makes of the loop.
void box_muller(double* numbers, std::uint64_t n);

}  // namespace widelimit::detail
