// A = L L' in half of the memory: rectangular full packed format, where both triangles of a
// half-sized split lie in one rectangle and everything is level 3 BLAS (Gustavson et al., ACM TOMS
// 37 (2010), 18).
//
// Thread safety: immutable after construction.
#pragma once

#include "../lapack/symmetric.hpp"
#include "stepwise.hpp"

#include <widelimit/sdk/solver.hpp>

#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace widelimit::plugins {

/// With n1 = n / 2 rounded up and n2 = n - n1, column-major of leading dimension `ld`:
///   L11 [n1, n1] lower at s, L21 [n2, n1] at n1 + s, L22' [n2, n2] upper at 0 (n even) or ld
///   (odd).
class PackedCholeskyFactor {
 public:
  /// `a` is consumed. Throws where it is not positive definite, with the leading minor.
  PackedCholeskyFactor(sdk::PackedMatrix a, const sdk::Host& host)
      : a_(a.data),
        host_(host),
        n_(narrow(a.n)),
        n1_((n_ + 1) / 2),
        n2_(n_ - n1_),
        s_(n_ % 2 == 0 ? 1 : 0),
        ld_(narrow(a.n + s_)) {
    constexpr std::int64_t largest = 65535;
    if (a.n > largest)  // LAPACK's index expressions are 32 bits wide
      throw sdk::unsupported("packed matrices have at most " + std::to_string(largest) +
                             " rows, this one has " + std::to_string(a.n));
    if (n_ == 0) return;
    norm_ = one_norm();
    if (!std::isfinite(norm_))
      throw sdk::Error(WIDELIMIT_E_NUMERIC, "the matrix has an entry that is not a finite number");
    factorise();
  }

  /// b becomes A^-1 b.
  void solve(sdk::MatrixView b) const {
    if (b.rows() != n_)
      throw sdk::Error(WIDELIMIT_E_ARGUMENT, "the right-hand side has " + std::to_string(b.rows()) +
                                                 " rows, the matrix " + std::to_string(n_));
    if (b.rows() > 0)
      for_each_panel(b, host_, [this](sdk::MatrixView columns) { solve_panel(columns); });
  }

  [[nodiscard]] double logdet() const {
    double sum = 0;
    for (std::int64_t i = 0; i < n1_; ++i) sum += std::log(l11()[i * (ld_ + 1)]);
    for (std::int64_t i = 0; i < n2_; ++i) sum += std::log(l22()[i * (ld_ + 1)]);
    return 2 * sum;
  }

  /// 1 / (|A| |A^-1|) in the 1-norm, the second factor estimated (Higham, ACM TOMS 14 (1988)).
  [[nodiscard]] double reciprocal_condition() const {
    if (n_ == 0) return 1;
    const auto n = static_cast<std::size_t>(n_);
    std::vector<double> v(n), x(n);
    std::vector<lapack_int> signs(n);
    double inverse = 0;
    lapack_int task = 0, state[3] = {};
    do {
      LAPACKE_dlacn2_work(n_, v.data(), x.data(), signs.data(), &inverse, &task, state);
      if (task != 0) solve(sdk::MatrixView(widelimit_matrix{x.data(), n_, 1, 1}));
    } while (task != 0);
    return norm_ > 0 && inverse > 0 ? 1 / norm_ / inverse : 0;
  }

 private:
  /// By blocks, as LAPACK's pftrf: A11 = L11 L11', L21 = A21 L11'^-1, A22 - L21 L21' = L22 L22'.
  void factorise() {
    Steps steps(host_, static_cast<double>(n_));
    double *const top = a_ + s_, *const left = top + n1_, *const right = a_ + (s_ == 1 ? 0 : ld_);
    const StepwiseCholesky lower(CblasColMajor, ld_, steps);
    lapack_int minor = lower.factorise(top, n1_);
    if (minor > 0) throw sdk::not_positive_definite(minor);
    lower.divide(top, n1_, left, n2_);
    // A22 is stored as its upper triangle, which is the lower one of the other layout.
    lower.subtract_square(CblasUpper, left, n2_, n1_, right);
    minor = StepwiseCholesky(CblasRowMajor, ld_, steps).factorise(right, n2_);
    if (minor > 0) throw sdk::not_positive_definite(n1_ + minor);
  }
  /// By blocks: L11 y1 = b1, L22 y2 = b2 - L21 y1, then the same transposed.
  void solve_panel(sdk::MatrixView b) const {
    const lapack_int columns = narrow(b.cols()), step = leading(b);
    double *top = b.data(), *bottom = b.data() + static_cast<std::int64_t>(n1_) * b.stride();
    // Column-major lower is row-major upper and transposed: X = op(T)^-1 X in rows.
    // One column by itself: several times as fast as the general routine.
    const auto divide = [&](CBLAS_UPLO part, CBLAS_TRANSPOSE form, lapack_int size,
                            const double* triangle, double* x) {
      if (size > 0 && columns == 1)
        cblas_dtrsv(CblasRowMajor, part, form, CblasNonUnit, size, triangle, ld_, x, step);
      else if (size > 0)
        cblas_dtrsm(CblasRowMajor, CblasLeft, part, form, CblasNonUnit, size, columns, 1, triangle,
                    ld_, x, step);
    };
    divide(CblasUpper, CblasTrans, n1_, l11(), top);
    if (n2_ > 0)
      cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, n2_, columns, n1_, -1, l21(), ld_, top,
                  step, 1, bottom, step);
    divide(CblasLower, CblasNoTrans, n2_, l22(), bottom);
    divide(CblasLower, CblasTrans, n2_, l22(), bottom);
    if (n2_ > 0)
      cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n1_, columns, n2_, -1, l21(), ld_,
                  bottom, step, 1, top, step);
    divide(CblasUpper, CblasNoTrans, n1_, l11(), top);
  }

  /// The largest sum of magnitudes in a row, of the matrix as it is given; one that is not
  /// finite where there is such an entry. Column c of the format
  /// is a(i, n1 ... i), i = c + n1 - 1 + s, and then a(c, c ... n - 1).
  [[nodiscard]] double one_norm() const {
    std::vector<double> sums(static_cast<std::size_t>(n_));
    const auto add = [&](std::int64_t i, std::int64_t j, double entry) {
      sums[static_cast<std::size_t>(i)] += std::abs(entry);
      if (i != j) sums[static_cast<std::size_t>(j)] += std::abs(entry);
    };
    for (std::int64_t c = 0; c < n1_; ++c) {
      const double* column = a_ + c * ld_;
      for (std::int64_t r = 0; r < c + s_; ++r) add(c + n1_ - 1 + s_, n1_ + r, column[r]);
      for (std::int64_t j = c; j < n_; ++j) add(c, j, column[j + s_]);
    }
    double largest = 0;
    for (const double sum : sums) {
      if (!std::isfinite(sum)) return sum;
      largest = std::max(largest, sum);
    }
    return largest;
  }
  [[nodiscard]] const double* l11() const { return a_ + s_; }
  [[nodiscard]] const double* l21() const { return a_ + n1_ + s_; }
  [[nodiscard]] const double* l22() const { return a_ + (s_ == 1 ? 0 : ld_); }

  double* a_;
  sdk::Host host_;
  lapack_int n_, n1_, n2_, s_, ld_;
  double norm_ = 0;
};

}  // namespace widelimit::plugins
