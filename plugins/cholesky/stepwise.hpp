// Cholesky's factorisation in steps of level 3 BLAS that take a few seconds at most, so that it can
// be stopped between them and says how far it has come.
//
// Thread safety: one factorisation by one thread.
#pragma once

#include "../lapack/symmetric.hpp"

#include <widelimit/sdk/host.hpp>
#include <widelimit/sdk/views.hpp>

#include <cblas.h>
#include <lapacke.h>

#include <algorithm>
#include <cstdint>
#include <string>

namespace widelimit::plugins {

/// Counts multiplications of a factorisation of order n, n^3 / 6 of them, and reports every per
/// cent if there are enough to wait for.
class Steps {
 public:
  Steps(const sdk::Host& host, double n) : host_(host), total_(n * n * n / 6) {}

  /// Throws if the user wants to stop.
  void check() const { host_.throw_if_cancelled(); }
  void add(double multiplications) {
    done_ += multiplications;
    const auto percent =
        std::min(static_cast<std::int64_t>(100 * done_ / total_), std::int64_t{100});
    if (percent <= reported_ || total_ < worth_reporting) return;
    reported_ = percent;
    host_.report_progress("cholesky", percent, 100);
  }

 private:
  static constexpr double worth_reporting = 2e9;

  const sdk::Host& host_;
  double total_, done_ = 0;
  std::int64_t reported_ = 0;
};

/// Triangles in one layout, column-major or row-major, which is the transposed other triangle.
class StepwiseCholesky {
 public:
  StepwiseCholesky(CBLAS_ORDER order, lapack_int ld, Steps& steps)
      : order_(order), ld_(ld), steps_(steps) {}

  /// The lower triangle of order n becomes L with A = L L'. Returns the leading minor that is not
  /// positive, from 1; 0: none. Right-looking (Golub & Van Loan, Matrix Computations, 4.2.6); up to
  /// two blocks it is LAPACK's potrf.
  [[nodiscard]] lapack_int factorise(double* a, lapack_int n) const {
    for (lapack_int j = 0; j < n;) {
      const lapack_int size = n - j <= 2 * block ? n - j : block, next = j + size;
      steps_.check();
      const lapack_int minor = LAPACKE_dpotrf_work(
          LAPACK_COL_MAJOR, order_ == CblasColMajor ? 'L' : 'U', size, at(a, j, j), ld_);
      if (minor < 0)
        throw sdk::Error(WIDELIMIT_E_INTERNAL, "LAPACK's dpotrf refused argument " +
                                                   std::to_string(-minor) + " of its call");
      if (minor > 0) return j + minor;
      steps_.add(cube(size) / 6);
      divide(at(a, j, j), size, at(a, next, j), n - next);
      subtract_square(CblasLower, at(a, next, j), n - next, size, at(a, next, next));
      j = next;
    }
    return 0;
  }

  /// b [rows, n] becomes b L'^-1.
  void divide(const double* l, lapack_int n, double* b, lapack_int rows) const {
    for (lapack_int i = 0; i < rows; i += panel) {
      const lapack_int count = std::min(panel, rows - i);
      steps_.check();
      cblas_dtrsm(order_, CblasRight, CblasLower, CblasTrans, CblasNonUnit, count, n, 1, l, ld_,
                  at(b, i, 0), ld_);
      steps_.add(0.5 * count * n * n);
    }
  }

  /// One triangle of c, of order `rows`, becomes that of c - b b'; b [rows, n].
  void subtract_square(CBLAS_UPLO triangle, const double* b, lapack_int rows, lapack_int n,
                       double* c) const {
    for (lapack_int j = 0; j < rows; j += panel) {
      const lapack_int count = std::min(panel, rows - j), next = j + count;
      steps_.check();
      cblas_dsyrk(order_, triangle, CblasNoTrans, count, n, -1, at(b, j, 0), ld_, 1, at(c, j, j),
                  ld_);
      // Beside the square on the diagonal: below it, or above.
      const lapack_int first = triangle == CblasLower ? next : 0;
      const lapack_int height = triangle == CblasLower ? rows - next : j;
      if (height > 0)
        cblas_dgemm(order_, CblasNoTrans, CblasTrans, height, count, n, -1, at(b, first, 0), ld_,
                    at(b, j, 0), ld_, 1, at(c, first, j), ld_);
      steps_.add((0.5 * count + height) * count * n);
    }
  }

 private:
  static constexpr lapack_int block = 1024, panel = 1024;

  static double cube(double n) { return n * n * n; }
  /// Entry (row, col).
  template <class T>
  [[nodiscard]] T* at(T* a, std::int64_t row, std::int64_t col) const {
    return order_ == CblasColMajor ? a + row + col * ld_ : a + row * ld_ + col;
  }

  CBLAS_ORDER order_;
  lapack_int ld_;
  Steps& steps_;
};

/// f(columns) for panels of the columns of b, which solve independently of one another.
template <class F>
void for_each_panel(sdk::MatrixView b, const sdk::Host& host, const F& f) {
  constexpr std::int64_t panel = 1024;
  for (std::int64_t c = 0; c < b.cols(); c += panel) {
    host.throw_if_cancelled();
    if (b.cols() > panel) host.report_progress("right-hand sides", c, b.cols());
    f(sdk::MatrixView(b.data() + c, b.rows(), std::min(panel, b.cols() - c), b.stride()));
  }
}

}  // namespace widelimit::plugins
