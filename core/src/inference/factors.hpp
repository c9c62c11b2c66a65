// Factors and eigendecompositions of regularised kernels, each computed once.
#pragma once

#include <widelimit/factorised_kernel.hpp>
#include <widelimit/inference.hpp>

#include "inference/definiteness.hpp"
#include "inference/setting.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace widelimit {

namespace detail {

/// Results of one solver for one kernel with one ridge.
struct FactorEntry {
  Solver solver;
  Ridge ridge;
  std::optional<Eigen> eigen = std::nullopt;
  std::optional<Factor> factor = std::nullopt;
  /// A^-1 times the transposed test x train block of the kernel.
  std::optional<Matrix> cross_solution = std::nullopt;
  SolveInfo cross_solution_info = {};
};
using Factors = std::vector<std::unique_ptr<FactorEntry>>;

/// The ridge that `diag_reg` means for this inference's kernel. Throws Error(numeric) if the trace
/// of the kernel is not finite.
[[nodiscard]] Ridge ridge_of(const Setting& setting, double diag_reg);
/// Finds or adds the entry for this inference's solver and this ridge.
[[nodiscard]] FactorEntry& entry_of(Factors& factors, const Setting& setting, const Ridge& ridge);
/// The eigendecomposition. The kernel may be indefinite; the caller checks the eigenvalues.
[[nodiscard]] const Eigen& eigen_of(FactorEntry& entry, const Setting& setting);
/// Throws Error(numeric) if the kernel is not positive definite, or if its smallest eigenvalue is
/// not above eigenvalue_rounding().
[[nodiscard]] const Factor& factor_of(FactorEntry& entry, const Setting& setting);
/// A^-1 times the transposed test x train block of the driving kernel, [n, m].
[[nodiscard]] const Matrix& cross_solution(FactorEntry& entry, const Setting& setting);

}  // namespace detail

struct FactorisedKernel::State {
  Matrix train_train, test_train;
  detail::Factors factors;
};

}  // namespace widelimit
