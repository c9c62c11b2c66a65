// The products of products.hpp by CBLAS.
#include "inference/products.hpp"

#include <widelimit/error.hpp>

#include "execution/blas.hpp"

#include <cblas.h>

#include <algorithm>
#include <limits>
#include <string>

namespace widelimit::detail {

namespace {

int size(std::int64_t n) {
  if (n > std::numeric_limits<int>::max())
    throw Error(ErrorCode::unsupported, "a matrix side of " + std::to_string(n) +
                                            " exceeds the largest size that BLAS accepts");
  return static_cast<int>(n);
}

int stride(const Matrix& m) { return std::max(1, size(m.cols())); }

CBLAS_TRANSPOSE flag(const Operand& a) { return a.transposed ? CblasTrans : CblasNoTrans; }

// The first entry of row `i` of the operand.
const double* from_row(const Operand& a, std::int64_t i) {
  return a.matrix->data() + (a.transposed ? i : i * a.matrix->cols());
}
const double* from_column(const Operand& a, std::int64_t j) {
  return a.matrix->data() + (a.transposed ? j * a.matrix->cols() : j);
}

constexpr std::int64_t block = 64;  // of transposed copies: two blocks fit into the L1 cache

}  // namespace

void Products::multiply(double alpha, Operand a, Operand b, double beta, Matrix& c) const {
  if (c.empty()) return;
  const SolverPhase phase(threads_);
  cblas_dgemm(CblasRowMajor, flag(a), flag(b), size(c.rows()), size(c.cols()), size(a.cols()),
              alpha, a.matrix->data(), stride(*a.matrix), b.matrix->data(), stride(*b.matrix), beta,
              c.data(), stride(c));
}

Matrix Products::multiply(Operand a, Operand b) const {
  Matrix c = Matrix::uninitialized(a.rows(), b.cols());
  multiply(1, a, b, 0, c);
  return c;
}

void Products::multiply_rows(const Matrix& a, std::int64_t first, std::int64_t rows,
                             const Matrix& b, Matrix& c) const {
  if (rows == 0 || c.cols() == 0) return;
  const SolverPhase phase(threads_);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, size(rows), size(c.cols()), size(a.cols()),
              1, a.row(first).data(), stride(a), b.data(), stride(b), 0, c.data(), stride(c));
}

void Products::multiply_by_symmetric(double alpha, const Matrix& s, const Matrix& a, double beta,
                                     Matrix& c) const {
  if (c.empty()) return;
  const SolverPhase phase(threads_);
  cblas_dsymm(CblasRowMajor, CblasLeft, CblasUpper, size(c.rows()), size(c.cols()), alpha, s.data(),
              stride(s), a.data(), stride(a), beta, c.data(), stride(c));
}

void Products::multiply_symmetric_right(double alpha, const Matrix& a, const Matrix& s, double beta,
                                        Matrix& c) const {
  if (c.empty()) return;
  const SolverPhase phase(threads_);
  cblas_dsymm(CblasRowMajor, CblasRight, CblasUpper, size(c.rows()), size(c.cols()), alpha,
              s.data(), stride(s), a.data(), stride(a), beta, c.data(), stride(c));
}

void Products::multiply_to_symmetric(double alpha, Operand a, Operand b, double beta,
                                     Matrix& c) const {
  if (c.empty()) return;
  {
    const SolverPhase phase(threads_);
    const std::int64_t n = c.rows(), rows = std::max<std::int64_t>(128, (n + 15) / 16);
    for (std::int64_t i = 0; i < n; i += rows)
      cblas_dgemm(CblasRowMajor, flag(a), flag(b), size(std::min(rows, n - i)), size(n - i),
                  size(a.cols()), alpha, from_row(a, i), stride(*a.matrix), from_column(b, i),
                  stride(*b.matrix), beta, &c(i, i), stride(c));
  }
  mirror_upper(c);
}

void Products::square_upper(double alpha, Operand a, double beta, Matrix& c) const {
  if (c.empty()) return;
  const SolverPhase phase(threads_);
  cblas_dsyrk(CblasRowMajor, CblasUpper, flag(a), size(c.rows()), size(a.cols()), alpha,
              a.matrix->data(), stride(*a.matrix), beta, c.data(), stride(c));
}

void Products::add_symmetrised(Operand a, Operand b, Matrix& c) const {
  if (c.empty()) return;
  {
    const SolverPhase phase(threads_);
    cblas_dsyr2k(CblasRowMajor, CblasUpper, flag(a), size(c.rows()), size(a.cols()), 1.0,
                 a.matrix->data(), stride(*a.matrix), b.matrix->data(), stride(*b.matrix), 1.0,
                 c.data(), stride(c));
  }
  mirror_upper(c);
}

void Products::multiply_by_upper(const Matrix& u, Matrix& a) const {
  if (a.empty()) return;
  const SolverPhase phase(threads_);
  cblas_dtrmm(CblasRowMajor, CblasLeft, CblasUpper, CblasNoTrans, CblasNonUnit, size(a.rows()),
              size(a.cols()), 1.0, u.data(), stride(u), a.data(), stride(a));
}

void Products::multiply_vector(const Matrix& s, const double* x, double* y) const {
  const SolverPhase phase(threads_);
  cblas_dsymv(CblasRowMajor, CblasUpper, size(s.rows()), 1.0, s.data(), stride(s), x, 1, 0.0, y, 1);
}

Matrix transpose(const Matrix& a) {
  Matrix t = Matrix::uninitialized(a.cols(), a.rows());
  for (std::int64_t i0 = 0; i0 < a.rows(); i0 += block)
    for (std::int64_t j0 = 0; j0 < a.cols(); j0 += block)
      for (std::int64_t j = j0; j < std::min(j0 + block, a.cols()); ++j)
        for (std::int64_t i = i0; i < std::min(i0 + block, a.rows()); ++i) t(j, i) = a(i, j);
  return t;
}

void mirror_upper(Matrix& a) {
  for (std::int64_t i0 = 0; i0 < a.rows(); i0 += block)
    for (std::int64_t j0 = i0; j0 < a.cols(); j0 += block)
      for (std::int64_t j = j0; j < std::min(j0 + block, a.cols()); ++j)
        for (std::int64_t i = i0; i < std::min({i0 + block, a.rows(), j}); ++i) a(j, i) = a(i, j);
}

}  // namespace widelimit::detail
