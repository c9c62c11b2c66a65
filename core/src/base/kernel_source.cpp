// Blocks of matrices.
#include <widelimit/kernel_source.hpp>

#include <widelimit/error.hpp>

#include <algorithm>

namespace widelimit {

void MatrixSource::read(std::int64_t row, std::int64_t col, std::int64_t rows, std::int64_t cols,
                        double* out, std::int64_t ld) const {
  if (row < 0 || col < 0 || rows < 0 || cols < 0 || row > rows_ - rows || col > cols_ - cols)
    throw Error(ErrorCode::usage, "the requested block lies outside the kernel");
  for (std::int64_t i = 0; i < rows; ++i) {
    const std::int64_t at = (row + i) * ld_ + col;
    if (f64_ != nullptr)
      std::copy_n(f64_ + at, cols, out + i * ld);
    else
      std::copy_n(f32_ + at, cols, out + i * ld);
  }
}

}  // namespace widelimit
