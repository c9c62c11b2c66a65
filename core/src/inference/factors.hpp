// Factors and eigendecompositions of regularised kernels, each made once.
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

/// Of one kernel with one ridge, by one solver.
struct FactorEntry {
  Solver solver;
  Ridge ridge;
  std::optional<Eigen> eigen = std::nullopt;
  std::optional<Factor> factor = std::nullopt;
  /// A^-1 times the transposed test x train block of the kernel.
  std::optional<Matrix> solved = std::nullopt;
  SolveInfo solved_info = {};
};
using Factors = std::vector<std::unique_ptr<FactorEntry>>;

/// `diag_reg` on this inference's kernel. Throws Error(numeric) where the trace of the kernel is
/// not a finite number.
[[nodiscard]] Ridge ridge_of(const Setting& setting, double diag_reg);
/// The entry of this inference's solver and a ridge among the factors of its kernel.
[[nodiscard]] FactorEntry& entry_of(Factors& factors, const Setting& setting, const Ridge& ridge);
/// Of any symmetric matrix: its eigenvalues are for the caller to judge.
[[nodiscard]] const Eigen& eigen_of(FactorEntry& entry, const Setting& setting);
/// Throws Error(numeric) where the kernel is not positive definite, or an eigenvalue is not further
/// above zero than rounding takes it.
[[nodiscard]] const Factor& factor_of(FactorEntry& entry, const Setting& setting);
/// A^-1 times the transposed test x train block of the driving kernel, [n, m].
[[nodiscard]] const Matrix& solved_cross(FactorEntry& entry, const Setting& setting);

}  // namespace detail

struct FactorisedKernel::State {
  Matrix train_train, test_train;
  detail::Factors factors;
};

}  // namespace widelimit
