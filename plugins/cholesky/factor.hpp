// A = U' U in the memory of A, and what follows from it: solutions, determinant, condition.
//
// Thread safety: immutable after construction.
#pragma once

#include "../lapack/symmetric.hpp"
#include "stepwise.hpp"

#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace widelimit::plugins {

/// The factorisation overwrites the upper triangle and the diagonal. The strictly lower triangle
/// stays A's, so that with the diagonal kept aside residuals need no second copy of the matrix.
class CholeskyFactor {
 public:
  /// `a` is consumed. Throws where it is not positive definite, with the leading minor.
  CholeskyFactor(sdk::MatrixView a, const sdk::Host& host)
      : a_(a), host_(host), n_(order(a)), ld_(leading(a)), norm_(finite_norm(a, host)) {
    diagonal_.reserve(static_cast<std::size_t>(n_));
    for (std::int64_t i = 0; i < n_; ++i) diagonal_.push_back(a_(i, i));
    Steps steps(host, static_cast<double>(n_));
    const lapack_int minor = StepwiseCholesky(CblasColMajor, ld_, steps).factorise(a_.data(), n_);
    if (minor > 0) throw sdk::not_positive_definite(minor);
  }

  /// b becomes A^-1 b.
  void solve(sdk::MatrixView b) const {
    if (b.rows() != n_)
      throw sdk::Error(WIDELIMIT_E_ARGUMENT, "the right-hand side has " + std::to_string(b.rows()) +
                                                 " rows, the matrix " + std::to_string(n_));
    for_each_panel(b, host_, [this](sdk::MatrixView columns) {
      for (const CBLAS_TRANSPOSE form : {CblasTrans, CblasNoTrans}) {
        if (columns.cols() == 1)  // several times as fast as the general routine
          cblas_dtrsv(CblasRowMajor, CblasUpper, form, CblasNonUnit, n_, a_.data(), ld_,
                      columns.data(), leading(columns));
        else
          cblas_dtrsm(CblasRowMajor, CblasLeft, CblasUpper, form, CblasNonUnit, n_,
                      narrow(columns.cols()), 1, a_.data(), ld_, columns.data(), leading(columns));
      }
    });
  }

  /// max |A x - b| / (|A| max |x|), the backward error of a solution in the infinity norm; x and b
  /// are columns with a stride.
  [[nodiscard]] double backward_error(const double* x, std::int64_t x_stride,
                                      const std::vector<double>& b) const {
    std::vector<double> rest(b);
    cblas_dsymv(CblasRowMajor, CblasLower, n_, 1, a_.data(), ld_, x, narrow(x_stride), -1,
                rest.data(), 1);
    double error = 0, size = 0;
    for (std::int64_t i = 0; i < n_; ++i) {
      const auto at = static_cast<std::size_t>(i);
      const double xi = x[i * x_stride];
      error = std::max(error, std::abs(rest[at] + (diagonal_[at] - a_(i, i)) * xi));
      size = std::max(size, std::abs(xi));
    }
    return size > 0 ? error / (norm_ * size) : 0;
  }

  [[nodiscard]] double logdet() const {
    double sum = 0;
    for (std::int64_t i = 0; i < n_; ++i) sum += std::log(a_(i, i));
    return 2 * sum;
  }

  /// 1 / (|A| |A^-1|) in the 1-norm, the second factor estimated (Higham, ACM TOMS 14 (1988)).
  [[nodiscard]] double reciprocal_condition() const {
    const auto n = static_cast<std::size_t>(n_);
    std::vector<double> work(3 * n);
    std::vector<lapack_int> integers(n);
    double rcond = 1;
    LAPACKE_dpocon_work(LAPACK_COL_MAJOR, 'L', n_, a_.data(), ld_, norm_, &rcond, work.data(),
                        integers.data());
    return rcond;
  }

  [[nodiscard]] std::int64_t size() const { return n_; }

 private:
  sdk::MatrixView a_;
  sdk::Host host_;
  lapack_int n_, ld_;
  double norm_;
  std::vector<double> diagonal_;  // of A
};

}  // namespace widelimit::plugins
