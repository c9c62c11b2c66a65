// A = V' diag(w) V with the eigenvectors as rows of V, by LAPACK, and what follows from it.
//
// LAPACKE's `_work` functions are called: the others first look for entries that are not numbers,
// with indices of 32 bits, which overflow from n = 46,341 on. finite_norm finds those entries.
//
// Thread safety: free functions; an EigenFactor is immutable after construction.
#pragma once

#include "../lapack/symmetric.hpp"

#include <cblas.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

namespace widelimit::plugins {

/// Above this order the workspace of dsyevd, 1 + 6 n + 2 n^2 numbers, is beyond 32-bit integers.
inline constexpr lapack_int largest_for_syevd = 32766;

inline void check_eigen(lapack_int info, const char* routine) {
  if (info > 0)
    throw sdk::Error(WIDELIMIT_E_NUMERIC, std::string("LAPACK's ") + routine + " did not converge");
  if (info < 0)
    throw sdk::Error(WIDELIMIT_E_INTERNAL, std::string("LAPACK's ") + routine +
                                               " refused argument " + std::to_string(-info) +
                                               " of its call");
}

/// Divide and conquer. The vectors, where wanted, replace `a`.
inline void divide_and_conquer(sdk::MatrixView a, bool want_vectors, double* values,
                               const sdk::Host& host) {
  const lapack_int n = order(a), ld = leading(a);
  const char job = want_vectors ? 'V' : 'N';
  double best_work = 0;
  lapack_int best_integers = 0;
  check_eigen(LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, job, 'L', n, a.data(), ld, values, &best_work,
                                  -1, &best_integers, -1),
              "dsyevd");
  const auto work_size = static_cast<lapack_int>(best_work);
  const auto work = host.allocate<double>(work_size);
  const auto integers = host.allocate<lapack_int>(best_integers);
  check_eigen(LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, job, 'L', n, a.data(), ld, values, work.get(),
                                  work_size, integers.get(), best_integers),
              "dsyevd");
}

/// Relatively robust representations: no large workspace, but the vectors need their own memory.
inline void robust_representations(sdk::MatrixView a, double* values, sdk::MatrixView vectors,
                                   const sdk::Host& host) {
  const lapack_int n = order(a);
  const bool want_vectors = !vectors.empty();
  const auto support = host.allocate<lapack_int>(2 * std::int64_t{n});
  const auto syevr = [&](double* work, lapack_int work_size, lapack_int* integers,
                         lapack_int integers_size) {
    lapack_int found = 0;
    check_eigen(
        LAPACKE_dsyevr_work(LAPACK_COL_MAJOR, want_vectors ? 'V' : 'N', 'A', 'L', n, a.data(),
                            leading(a), 0, 0, 0, 0, 0, &found, values, vectors.data(),
                            want_vectors ? leading(vectors) : std::max<lapack_int>(1, n),
                            support.get(), work, work_size, integers, integers_size),
        "dsyevr");
  };
  double best_work = 0;
  lapack_int best_integers = 0;
  syevr(&best_work, -1, &best_integers, -1);
  const auto work_size = static_cast<lapack_int>(best_work);
  const auto work = host.allocate<double>(work_size);
  const auto integers = host.allocate<lapack_int>(best_integers);
  syevr(work.get(), work_size, integers.get(), best_integers);
}

inline void copy(sdk::MatrixView from, sdk::MatrixView to) {
  for (std::int64_t i = 0; i < from.rows(); ++i)
    std::memcpy(to.row(i).data(), from.row(i).data(), from.row(i).size_bytes());
}

/// `a` is destroyed; row k of `vectors`, which may be `a` or empty, is the eigenvector of
/// values[k]; values ascend.
inline void decompose(sdk::MatrixView a, double* values, sdk::MatrixView vectors, bool robust,
                      const sdk::Host& host) {
  const std::int64_t n = order(a);
  if (n == 0) return;
  finite_norm(a, host);
  if (!robust) {
    divide_and_conquer(a, !vectors.empty(), values, host);
    if (!vectors.empty() && vectors.data() != a.data()) copy(a, vectors);
  } else if (vectors.data() != a.data()) {
    robust_representations(a, values, vectors, host);
  } else {
    const auto memory = host.allocate<double>(n * n);
    const sdk::MatrixView apart(widelimit_matrix{memory.get(), n, n, n});
    robust_representations(a, values, apart, host);
    copy(apart, vectors);
  }
}

/// A positive definite matrix by its eigenpairs, the vectors in the memory of the matrix.
class EigenFactor {
 public:
  /// `a` is consumed. Throws where an eigenvalue is not positive, with the leading minor.
  EigenFactor(sdk::MatrixView a, bool robust, const sdk::Host& host)
      : vectors_(a), n_(order(a)), values_(static_cast<std::size_t>(n_)) {
    decompose(a, values_.data(), vectors_, robust, host);
    if (n_ > 0 && !(values_.front() > 0)) throw sdk::not_positive_definite(failing_minor(host));
  }

  /// b becomes A^-1 b = V' diag(1 / w) V b.
  void solve(sdk::MatrixView b, const sdk::Host& host) const {
    if (b.rows() != n_)
      throw sdk::Error(WIDELIMIT_E_ARGUMENT, "the right-hand side has " + std::to_string(b.rows()) +
                                                 " rows, the matrix " + std::to_string(n_));
    const lapack_int columns = narrow(b.cols());
    if (n_ == 0 || columns == 0) return;
    const auto memory = host.allocate<double>(b.rows() * b.cols());
    const sdk::MatrixView rotated(widelimit_matrix{memory.get(), b.rows(), b.cols(), b.cols()});
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n_, columns, n_, 1, vectors_.data(),
                leading(vectors_), b.data(), leading(b), 0, rotated.data(), columns);
    for (std::int64_t i = 0; i < n_; ++i)
      for (double& entry : rotated.row(i)) entry /= values_[static_cast<std::size_t>(i)];
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, n_, columns, n_, 1, vectors_.data(),
                leading(vectors_), rotated.data(), columns, 0, b.data(), leading(b));
  }

  [[nodiscard]] double logdet() const {
    double sum = 0;
    for (const double value : values_) sum += std::log(value);
    return sum;
  }

  /// In the 2-norm, exactly; the 1-norm's is within a factor of n.
  [[nodiscard]] double reciprocal_condition() const {
    return values_.empty() ? 1 : values_.front() / values_.back();
  }

 private:
  /// The matrix is put together again and given to Cholesky, which knows leading minors. One that
  /// is indefinite only by rounding may pass there: then it is the whole matrix that fails.
  [[nodiscard]] std::int64_t failing_minor(const sdk::Host& host) const {
    const auto weighted = host.allocate<double>(std::int64_t{n_} * n_);
    const auto again = host.allocate<double>(std::int64_t{n_} * n_);
    for (std::int64_t k = 0; k < n_; ++k)
      for (std::int64_t j = 0; j < n_; ++j)
        weighted[static_cast<std::size_t>(k * n_ + j)] =
            values_[static_cast<std::size_t>(k)] * vectors_(k, j);
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, n_, n_, n_, 1, vectors_.data(),
                leading(vectors_), weighted.get(), n_, 0, again.get(), n_);
    const lapack_int minor = LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', n_, again.get(), n_);
    return minor > 0 ? minor : n_;
  }

  sdk::MatrixView vectors_;
  lapack_int n_;
  std::vector<double> values_;  // ascending
};

}  // namespace widelimit::plugins
