// Storage of matrices and samples.
#include <widelimit/error.hpp>
#include <widelimit/matrix.hpp>

#include "base/sizes.hpp"
#include "text/numbers.hpp"

#include <cblas.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <string>
#include <utility>

namespace widelimit {

namespace {

constexpr std::size_t alignment = 64;
// Kernels are written tile by tile, and each row of a tile is on another page of 4 KiB. With large
// pages the same writes are almost three times as fast, and there are 512 times fewer page faults.
constexpr std::size_t large_page = std::size_t{2} << 20;

void* allocate_bytes(std::size_t bytes) {
  const bool large = bytes >= 2 * large_page;
  const std::size_t unit = large ? large_page : alignment;
  void* p = std::aligned_alloc(unit, (std::max<std::size_t>(bytes, 1) + unit - 1) / unit * unit);
#if defined(MADV_HUGEPAGE)
  // A request, which may fail without harm.
  if (large && p != nullptr) madvise(p, bytes, MADV_HUGEPAGE);
#endif
  return p;
}

template <class T>
T* allocate(std::int64_t rows, std::int64_t cols) {
  if (rows < 0 || cols < 0)
    throw Error(ErrorCode::usage, "a matrix cannot be " + detail::shape_text(rows, cols));
  constexpr auto most = std::numeric_limits<std::int64_t>::max() / 2 / std::int64_t{sizeof(T)};
  if (cols != 0 && rows > most / cols)
    throw Error(ErrorCode::memory,
                "a matrix of " + detail::shape_text(rows, cols) + " numbers is too large");
  const auto bytes = to_size(rows * cols) * sizeof(T);
  void* p = allocate_bytes(bytes);
  if (p == nullptr)
    throw Error(ErrorCode::memory, "no memory for a matrix of " + detail::shape_text(rows, cols) +
                                       " numbers (" + std::to_string(bytes) + " bytes)");
  return static_cast<T*>(p);
}

int blas_size(std::int64_t n) {
  if (n > std::numeric_limits<int>::max())
    throw Error(ErrorCode::unsupported,
                "a matrix side of " + std::to_string(n) + " exceeds the integers of this BLAS");
  return static_cast<int>(n);
}

}  // namespace

template <class T>
void BasicMatrix<T>::Release::operator()(T* p) const noexcept {
  std::free(p);
}

template <class T>
BasicMatrix<T>::BasicMatrix(std::int64_t rows, std::int64_t cols)
    : BasicMatrix(uninitialized(rows, cols)) {
  std::fill_n(data_.get(), size(), T{0});
}

template <class T>
BasicMatrix<T> BasicMatrix<T>::uninitialized(std::int64_t rows, std::int64_t cols) {
  BasicMatrix m;
  m.data_.reset(allocate<T>(rows, cols));
  m.rows_ = rows;
  m.cols_ = cols;
  return m;
}

template <class T>
BasicMatrix<T>::BasicMatrix(std::initializer_list<std::initializer_list<T>> rows)
    : BasicMatrix(
          uninitialized(static_cast<std::int64_t>(rows.size()),
                        rows.size() == 0 ? 0 : static_cast<std::int64_t>(rows.begin()->size()))) {
  T* out = data();
  for (const auto& r : rows) {
    if (static_cast<std::int64_t>(r.size()) != cols_)
      throw Error(ErrorCode::usage, "the rows of a matrix must have equal length");
    out = std::copy(r.begin(), r.end(), out);
  }
}

template <class T>
BasicMatrix<T> BasicMatrix<T>::clone() const {
  BasicMatrix copy = uninitialized(rows_, cols_);
  std::copy_n(data(), size(), copy.data());
  return copy;
}

template class BasicMatrix<double>;
template class BasicMatrix<float>;

Matrix operator*(const Matrix& a, const Matrix& b) {
  if (a.cols() != b.rows())
    throw Error(ErrorCode::usage, "cannot multiply " + detail::shape_text(a.rows(), a.cols()) +
                                      " by " + detail::shape_text(b.rows(), b.cols()));
  Matrix c(a.rows(), b.cols());
  if (c.empty() || a.cols() == 0) return c;
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, blas_size(a.rows()), blas_size(b.cols()),
              blas_size(a.cols()), 1.0, a.data(), blas_size(a.cols()), b.data(),
              blas_size(b.cols()), 0.0, c.data(), blas_size(c.cols()));
  return c;
}

}  // namespace widelimit
