// Decides whether a kernel is positive definite. If it is not, reports where the factorisation
// failed, the extreme eigenvalues, and a ridge that suffices.
#pragma once

#include <widelimit/kernel.hpp>
#include <widelimit/kernel_source.hpp>
#include <widelimit/matrix.hpp>
#include <widelimit/solver.hpp>

#include <cstdint>
#include <functional>

namespace widelimit::detail {

struct Extremes {
  double smallest = 0, largest = 0;
  bool estimated = false;  ///< by Lanczos: `smallest` is an upper bound, `largest` a lower bound
};
/// The extreme eigenvalues of a symmetric matrix, exact up to 5,000 rows. Overwrites the matrix.
[[nodiscard]] Extremes extreme_eigenvalues(Matrix a, int threads);

/// A bound for the effect of rounding on an eigenvalue of an n x n kernel: 10 n eps times the
/// largest eigenvalue. An eigenvalue that is not above it cannot be distinguished from zero. A
/// perturbation moves eigenvalues by at most its norm (Weyl; Golub & Van Loan, Matrix Computations,
/// section 8.1), which is at most n times its largest entry. Entries have errors of up to about ten
/// units of rounding, and no entry exceeds the largest eigenvalue. The eigensolver adds less, p(n)
/// eps times the norm with a slowly growing p (LAPACK Users' Guide, section 4.7), and so does
/// Cholesky.
[[nodiscard]] double eigenvalue_rounding(std::int64_t n, double largest) noexcept;

/// Estimates the smallest eigenvalue of the n x n matrix of a factor by 24 steps of Lanczos for its
/// inverse, where this eigenvalue is the largest and well separated. O(n^2).
[[nodiscard]] double smallest_by_factor(std::int64_t n, const Factor& factor);
/// Estimates the extreme eigenvalues of `kernel` with `ridge` on its diagonal, given its factor, by
/// Lanczos. O(n^2), without a copy of the kernel.
[[nodiscard]] Extremes extremes_by_factor(const Matrix& kernel, double ridge, const Factor& factor,
                                          int threads);

/// The extreme eigenvalues of a kernel on disk with `ridge` on its diagonal. Up to 5,000 rows are
/// read into memory and the result is exact. For more rows it is an estimate by 24 steps of
/// Lanczos, each a pass of O(n^2) over the kernel, little compared with the O(n^3) of the
/// factorisation that failed. Calls report(done, total) after each step.
[[nodiscard]] Extremes extremes_of_source(
    const KernelSource& kernel, double ridge, int threads,
    const std::function<void(std::int64_t, std::int64_t)>& report);

struct Ridge {
  double absolute = 0;       ///< added to the diagonal
  double mean_diagonal = 0;  ///< of the kernel without the ridge
  bool absolute_scale = false;
};

/// Throws Error(numeric). `pivot`: the leading minor that failed, counted from 1; -1: none failed.
/// The suggested ridge is at least `least_relative_ridge` times the mean diagonal.
[[noreturn]] void throw_not_positive_definite(Kernel kernel, std::int64_t n, const Ridge& ridge,
                                              const Extremes& extremes, std::int64_t pivot,
                                              double least_relative_ridge = 0);

}  // namespace widelimit::detail
