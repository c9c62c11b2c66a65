// The error about a kernel that is not positive definite: the minor at which the solver failed, the
// extreme eigenvalues, and a ridge that is large enough.
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
  bool estimated = false;  ///< by Lanczos: `smallest` is from above, `largest` from below
};
/// Extreme eigenvalues of a symmetric matrix, which is overwritten; exact up to 5,000 rows.
[[nodiscard]] Extremes extreme_eigenvalues(Matrix a, int threads);

/// The largest change of an eigenvalue of an n x n kernel that rounding alone can cause. An
/// eigenvalue that is not greater than this may be zero, whatever its sign. The bound is 10 n eps
/// times the largest eigenvalue: a perturbation moves eigenvalues by at most its norm (Weyl; Golub
/// & Van Loan, Matrix Computations, section 8.1), which is at most n times its largest entry;
/// entries have rounding errors of up to about ten units, and no entry exceeds the largest
/// eigenvalue. The errors of the eigensolver are smaller, p(n) eps times the norm with a p that
/// grows slowly (LAPACK Users' Guide, section 4.7), and so are those of Cholesky.
[[nodiscard]] double rounding_of_eigenvalues(std::int64_t n, double largest) noexcept;

/// The smallest eigenvalue of the matrix of n rows that `factor` belongs to, from the largest
/// eigenvalue of its inverse, which 24 steps of Lanczos find if it is well separated. O(n^2).
[[nodiscard]] double smallest_by_factor(std::int64_t n, const Factor& factor);
/// Extreme eigenvalues of `kernel` with `ridge` added to its diagonal, whose factor is `factor`.
/// Both by Lanczos, the smallest with the factor. O(n^2), without a copy of the kernel.
[[nodiscard]] Extremes extremes_by_factor(const Matrix& kernel, double ridge, const Factor& factor,
                                          int threads);

/// Extreme eigenvalues of a kernel on disk with `ridge` added to its diagonal. Up to 5,000 rows,
/// the kernel is read into memory and the result is exact. For more rows, 24 steps of Lanczos each
/// read the kernel once, in O(n^2); the factorisation that failed took O(n^3). Calls
/// `report(done, total)` after each step.
[[nodiscard]] Extremes extremes_of_source(
    const KernelSource& kernel, double ridge, int threads,
    const std::function<void(std::int64_t, std::int64_t)>& report);

struct Ridge {
  double absolute = 0;       ///< what was added to the diagonal
  double mean_diagonal = 0;  ///< of the kernel before
  bool absolute_scale = false;
};

/// Throws Error(numeric). `pivot` is the order of the leading minor at which a factorisation
/// failed, from 1; -1: no factorisation failed. The message suggests a ridge of at least `least`
/// times the mean of the diagonal.
[[noreturn]] void throw_not_positive_definite(Kernel kernel, std::int64_t n, const Ridge& ridge,
                                              const Extremes& extremes, std::int64_t pivot,
                                              double least = 0);

}  // namespace widelimit::detail
