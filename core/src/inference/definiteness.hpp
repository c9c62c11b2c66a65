// What is told of a kernel that is not positive definite: where it failed, how far it is from
// being, and which ridge would do.
#pragma once

#include <widelimit/matrix.hpp>

#include <cstdint>
#include <string_view>

namespace widelimit::detail {

struct Extremes {
  double smallest = 0, largest = 0;
  bool estimated = false;  ///< by Lanczos: `smallest` is from above, `largest` from below
};
/// Of a symmetric matrix, consumed; exact up to 5,000 rows.
[[nodiscard]] Extremes extreme_eigenvalues(Matrix a, int threads);

/// How far below zero rounding alone takes an eigenvalue of an n x n kernel: entries carry some
/// tens of units of rounding, and a perturbation moves eigenvalues by at most its norm (Weyl),
/// which is at most n times its largest entry.
[[nodiscard]] double rounding_of_eigenvalues(std::int64_t n, double largest) noexcept;

struct Ridge {
  double absolute = 0;       ///< what was added to the diagonal
  double mean_diagonal = 0;  ///< of the kernel before
  bool absolute_scale = false;
};

/// Throws Error(numeric). `pivot`: the leading minor that failed, from 1; -1: not by elimination.
[[noreturn]] void throw_not_positive_definite(std::string_view kernel, std::int64_t n,
                                              const Ridge& ridge, const Extremes& extremes,
                                              std::int64_t pivot);

}  // namespace widelimit::detail
