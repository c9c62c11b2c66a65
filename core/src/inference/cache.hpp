// Factors and eigendecompositions of regularised kernels, each made once.
#pragma once

#include <widelimit/inference.hpp>

#include "inference/definiteness.hpp"
#include "inference/setting.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace widelimit {

struct InferenceCache::State {
  /// One kernel with one ridge, and one solver.
  struct Entry {
    const double* matrix;
    Solver solver;
    detail::Ridge ridge;
    std::optional<Eigen> eigen;
    std::optional<Factor> factor;
    /// Of the factor: A^-1 times the transposed block at this address.
    const double* solved_for = nullptr;
    Matrix solved;
    SolveInfo solved_info;
  };
  std::vector<std::unique_ptr<Entry>> entries;
};

namespace detail {

/// `diag_reg` on this inference's kernel. Throws Error(numeric) where the trace of the kernel is
/// not a finite number.
[[nodiscard]] Ridge ridge_of(const Setting& setting, double diag_reg);
/// The entry of this inference's kernel and a ridge on it.
[[nodiscard]] InferenceCache::State::Entry& entry_of(InferenceCache::State& cache,
                                                     const Setting& setting, const Ridge& ridge);
/// Of any symmetric matrix: its eigenvalues are for the caller to judge.
[[nodiscard]] const Eigen& eigen_of(InferenceCache::State::Entry& entry, const Setting& setting);
/// Throws Error(numeric) where the kernel is not positive definite, or an eigenvalue is not further
/// above zero than rounding takes it.
[[nodiscard]] const Factor& factor_of(InferenceCache::State::Entry& entry, const Setting& setting);
/// A^-1 times the transposed test x train block of the driving kernel, [n, m].
[[nodiscard]] const Matrix& solved_cross(InferenceCache::State::Entry& entry,
                                         const Setting& setting);

}  // namespace detail

}  // namespace widelimit
