// Matrix products of inference by BLAS on the solver's threads. Products with a symmetric result
// compute one triangle.
#pragma once

#include <widelimit/matrix.hpp>

#include <cstdint>

namespace widelimit::detail {

/// A factor of a product: a matrix or its transpose.
struct Operand {
  const Matrix* matrix;
  bool transposed = false;

  [[nodiscard]] std::int64_t rows() const noexcept {
    return transposed ? matrix->cols() : matrix->rows();
  }
  [[nodiscard]] std::int64_t cols() const noexcept {
    return transposed ? matrix->rows() : matrix->cols();
  }
};
[[nodiscard]] inline Operand plain(const Matrix& m) noexcept { return {&m, false}; }
[[nodiscard]] inline Operand transposed(const Matrix& m) noexcept { return {&m, true}; }

/// Shapes must match. Each call is one SolverPhase.
class Products {
 public:
  /// `threads` 0: as many threads as the process may use.
  explicit Products(int threads) : threads_(threads) {}

  /// c = alpha a b + beta c
  void multiply(double alpha, Operand a, Operand b, double beta, Matrix& c) const;
  [[nodiscard]] Matrix multiply(Operand a, Operand b) const;
  /// The first `rows` rows of c = rows [first, first + rows) of a, times b
  void multiply_rows(const Matrix& a, std::int64_t first, std::int64_t rows, const Matrix& b,
                     Matrix& c) const;
  /// c = alpha s a + beta c, s symmetric
  void multiply_by_symmetric(double alpha, const Matrix& s, const Matrix& a, double beta,
                             Matrix& c) const;
  /// c = alpha a s + beta c, s symmetric
  void multiply_symmetric_right(double alpha, const Matrix& a, const Matrix& s, double beta,
                                Matrix& c) const;
  /// c = alpha a b + beta c for symmetric c and a b: computes the upper triangle and mirrors it
  void multiply_to_symmetric(double alpha, Operand a, Operand b, double beta, Matrix& c) const;
  /// c = alpha a a' + beta c, upper triangle only
  void square_upper(double alpha, Operand a, double beta, Matrix& c) const;
  /// c = a b' + b a' + c, both triangles; c symmetric; a and b both plain or both transposed
  void add_symmetrised(Operand a, Operand b, Matrix& c) const;
  /// a = u a, u upper triangular (its lower triangle is not read)
  void multiply_by_upper(const Matrix& u, Matrix& a) const;
  /// y = s x, s symmetric
  void multiply_vector(const Matrix& s, const double* x, double* y) const;

 private:
  int threads_;
};

[[nodiscard]] Matrix transpose(const Matrix& a);
/// Copies the upper triangle onto the lower one.
void mirror_upper(Matrix& a);

}  // namespace widelimit::detail
