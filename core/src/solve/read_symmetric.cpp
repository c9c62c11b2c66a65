// Reads directly into the result, except for the squares on the diagonal.
#include "solve/read_symmetric.hpp"

#include <algorithm>

namespace widelimit::detail {

namespace {

constexpr std::int64_t block = 256;  // rows at a time

void report(Control* control, std::int64_t done, std::int64_t total) {
  if (control == nullptr) return;
  control->check();
  control->report({"read kernel", done, total});
}

}  // namespace

Matrix read_whole(const KernelSource& a, double ridge, Control* control) {
  const std::int64_t n = a.rows();
  Matrix whole = Matrix::uninitialized(n, n);
  for (std::int64_t row = 0; row < n; row += block) {
    const std::int64_t rows = std::min(block, n - row);
    a.read(row, 0, rows, n, &whole(row, 0), n);
    for (std::int64_t i = row; i < row + rows; ++i) whole(i, i) += ridge;
    report(control, row + rows, n);
  }
  return whole;
}

// A column c of the format holds two pieces of rows of a: a(i, k ... i) with i = c + k - 1 + s,
// then a(c, c ... n - 1).
Matrix read_packed(const KernelSource& a, double ridge, Control* control) {
  const std::int64_t n = a.rows(), k = (n + 1) / 2, s = n % 2 == 0 ? 1 : 0, length = n + s;
  Matrix packed = Matrix::uninitialized(k, length);
  Matrix square(block, block);
  for (std::int64_t c = 0; c < k; c += block) {
    const std::int64_t count = std::min(block, k - c);
    // Of the rows c ...: beside the square, then its upper triangle.
    if (c + count < n)
      a.read(c, c + count, count, n - c - count, &packed(c, c + count + s), length);
    a.read(c, c, count, count, square.data(), block);
    for (std::int64_t i = 0; i < count; ++i) {
      square(i, i) += ridge;
      std::copy_n(&square(i, i), count - i, &packed(c + i, c + i + s));
    }
    // Of the rows i = c + k - 1 + s ...: left of the square, then its lower triangle.
    const std::int64_t first = c + k - 1 + s, skip = first < k ? 1 : 0;
    const std::int64_t top = first + skip, height = count - skip;
    if (height > 0) {
      if (top > k) a.read(top, k, height, top - k, &packed(c + skip, 0), length);
      a.read(top, top, height, height, square.data(), block);
      for (std::int64_t i = 0; i < height; ++i) {
        square(i, i) += ridge;
        std::copy_n(&square(i, 0), i + 1, &packed(c + skip + i, top - k));
      }
    }
    report(control, c + count, k);
  }
  return packed;
}

}  // namespace widelimit::detail
