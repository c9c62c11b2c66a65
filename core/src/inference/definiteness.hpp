// Decides whether a kernel is positive definite. If it is not, reports where the factorisation
// failed, the extreme eigenvalues, and a ridge that suffices.
#pragma once

#include <widelimit/control.hpp>
#include <widelimit/kernel.hpp>
#include <widelimit/kernel_source.hpp>
#include <widelimit/matrix.hpp>
#include <widelimit/solver.hpp>

#include <cstdint>
#include <span>

namespace widelimit::detail {

struct Extremes {
  double smallest = 0, largest = 0;
  bool estimated = false;  ///< by Lanczos: `smallest` is an upper bound, `largest` a lower bound
};
/// Of a symmetric matrix, consumed; exact up to 5,000 rows. `control`, here and below, may be NULL.
/// It is checked between steps of Lanczos and receives "eigenvalues".
[[nodiscard]] Extremes extreme_eigenvalues(Matrix a, int threads, const Control* control);

/// A bound for the effect of rounding on an eigenvalue of an n x n kernel: 10 n eps times the
/// largest eigenvalue. An eigenvalue that is not above it cannot be distinguished from zero. A
/// perturbation moves eigenvalues by at most its norm (Weyl; Golub & Van Loan, Matrix Computations,
/// section 8.1), which is at most n times its largest entry. Entries have errors of up to about ten
/// units of rounding, and no entry exceeds the largest eigenvalue. The eigensolver adds less, p(n)
/// eps times the norm with a slowly growing p (LAPACK Users' Guide, section 4.7), and so does
/// Cholesky.
[[nodiscard]] double eigenvalue_rounding(std::int64_t n, double largest) noexcept;

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

/// May one divide by every eigenvalue? The rule for one ridge and for each of several.
[[nodiscard]] bool above_rounding(std::int64_t n, double smallest, double largest) noexcept;

struct Ridge {
  double absolute = 0;       ///< added to the diagonal
  double mean_diagonal = 0;  ///< of the kernel without the ridge
  bool absolute_scale = false;
};

/// The norm of the errors of rounding a kernel of n rows and diagonal 1 to float32, as kernels on
/// disk may be: independent errors of one unit in the last place form a matrix of norm 2 sqrt(n)
/// units (Vershynin, High-Dimensional Probability, Corollary 4.4.8).
[[nodiscard]] double float32_norm(std::int64_t n) noexcept;

/// Whether this ridge lifts all eigenvalues above rounding, if those of the kernel itself are not
/// negative, as those of a Gram matrix are not. For iterative solvers, by which estimates of
/// eigenvalues take 24 more solutions, and which find a negative eigenvalue that matters.
[[nodiscard]] bool is_definite_by_ridge(std::int64_t n, const Ridge& ridge) noexcept;

/// Throws Error(numeric). `pivot`: the leading minor that failed, counted from 1; -1: none failed.
/// The suggested ridge is at least `least_relative_ridge` times the mean diagonal. `of_list`: the
/// ridges of a list that do not suffice, as the user gave them; `ridge` is then the smallest.
[[noreturn]] void throw_not_positive_definite(Kernel kernel, std::int64_t n, const Ridge& ridge,
                                              const Extremes& extremes, std::int64_t pivot,
                                              double least_relative_ridge = 0,
                                              std::span<const double> of_list = {});

}  // namespace widelimit::detail
