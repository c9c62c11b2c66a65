// What is told of a kernel that is not positive definite: where it failed, how far it is from
// being, and which ridge would do.
#pragma once

#include <widelimit/control.hpp>
#include <widelimit/kernel.hpp>
#include <widelimit/kernel_source.hpp>
#include <widelimit/matrix.hpp>
#include <widelimit/solver.hpp>

#include <cstdint>

namespace widelimit::detail {

struct Extremes {
  double smallest = 0, largest = 0;
  bool estimated = false;  ///< by Lanczos: `smallest` is from above, `largest` from below
};
/// Of a symmetric matrix, consumed; exact up to 5,000 rows. `control`, here and below, may be NULL.
/// It is checked between steps of Lanczos and receives "eigenvalues".
[[nodiscard]] Extremes extreme_eigenvalues(Matrix a, int threads, const Control* control);

/// How far rounding alone moves an eigenvalue of an n x n kernel, either way: an eigenvalue that is
/// not above this cannot be told from zero, whatever its sign. 10 n eps times the largest: a
/// perturbation moves eigenvalues by at most its norm (Weyl; Golub & Van Loan, Matrix Computations,
/// section 8.1), which is at most n times its largest entry; entries carry up to about ten units of
/// rounding, and none exceeds the largest eigenvalue. The eigensolver adds less, p(n) eps times the
/// norm with p growing modestly (LAPACK Users' Guide, section 4.7), and so does Cholesky.
[[nodiscard]] double rounding_of_eigenvalues(std::int64_t n, double largest) noexcept;

/// The smallest eigenvalue of a factor's matrix of n rows, as the inverse of the largest of its
/// inverse, where it stands out, by 24 steps of Lanczos. O(n^2).
[[nodiscard]] double smallest_by_factor(std::int64_t n, const Factor& factor,
                                        const Control* control);
/// Extremes of the matrix of a factor, `kernel` with `ridge` on its diagonal, both by Lanczos,
/// the smallest by the factor. O(n^2), and no copy of the kernel.
[[nodiscard]] Extremes extremes_by_factor(const Matrix& kernel, double ridge, const Factor& factor,
                                          int threads, const Control* control);

/// Extremes of a kernel that is read from the disk, with `ridge` on its diagonal: exact up to 5,000
/// rows, which are read into memory; of more 24 steps of Lanczos, each a pass over the kernel of
/// O(n^2), next to the O(n^3) of the factorisation that failed.
[[nodiscard]] Extremes extremes_of_source(const KernelSource& kernel, double ridge, int threads,
                                          const Control* control);

struct Ridge {
  double absolute = 0;       ///< what was added to the diagonal
  double mean_diagonal = 0;  ///< of the kernel before
  bool absolute_scale = false;
};

/// Throws Error(numeric). `pivot`: the leading minor that failed, from 1; -1: not by elimination.
/// No ridge is suggested below `least` times the mean diagonal.
[[noreturn]] void throw_not_positive_definite(Kernel kernel, std::int64_t n, const Ridge& ridge,
                                              const Extremes& extremes, std::int64_t pivot,
                                              double least = 0);

}  // namespace widelimit::detail
