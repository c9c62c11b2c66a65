// Finds factors and makes missing ones.
#include "inference/factors.hpp"

#include <widelimit/error.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace widelimit {

FactorisedKernel::FactorisedKernel(Matrix train_train, Matrix test_train)
    : state_(std::make_unique<State>(
          State{std::move(train_train), std::move(test_train), detail::Factors{}})) {}
FactorisedKernel::~FactorisedKernel() = default;
FactorisedKernel::FactorisedKernel(FactorisedKernel&&) noexcept = default;
FactorisedKernel& FactorisedKernel::operator=(FactorisedKernel&&) noexcept = default;

const Matrix& FactorisedKernel::train_train() const noexcept { return state_->train_train; }
const Matrix& FactorisedKernel::test_train() const noexcept { return state_->test_train; }
void FactorisedKernel::release_factors() noexcept { state_->factors.clear(); }

namespace detail {

namespace {

Matrix add_ridge(const Matrix& kernel, double ridge) {
  Matrix a = kernel.clone();
  for (std::int64_t i = 0; i < a.rows(); ++i) a(i, i) += ridge;
  return a;
}

// A solver that only multiplies needs no copy: the kernel lives as long as its factors.
Factor make_factor(const Matrix& kernel, double ridge, const Setting& setting) {
  const Solver& solver = *setting.solver;
  return solver.has_matrix() ? solver.factorise(add_ridge(kernel, ridge), setting.control)
                             : solver.factorise(MatrixSource(kernel), ridge, setting.control);
}

// The factorisation of a singular matrix may succeed or fail depending on the sign of a rounding
// error, so success alone is not sufficient. The reciprocal condition number in the 1-norm is at
// most the one in the 2-norm, so the eigenvalues are computed only if it is small or unknown.
void require_above_rounding(std::optional<Factor>& factor, const Ridge& ridge,
                            const Setting& setting) {
  if (factor->info().rcond > eigenvalue_rounding(setting.n, 1)) return;
  if (factor->uses_operator() && is_definite_by_ridge(setting.n, ridge)) return;
  const Matrix& kernel = *setting.driving_blocks().train_train;
  const int threads = setting.solver->threads();
  const Extremes estimate =
      extremes_by_factor(kernel, ridge.absolute, *factor, threads, setting.control);
  if (above_rounding(setting.n, estimate.smallest, estimate.largest)) return;
  factor.reset();  // frees memory for the copy
  Extremes extremes =
      extreme_eigenvalues(add_ridge(kernel, ridge.absolute), threads, setting.control);
  if (extremes.estimated) extremes.smallest = std::min(extremes.smallest, estimate.smallest);
  throw_not_positive_definite(setting.driving_kernel, setting.n, ridge, extremes, -1);
}

}  // namespace

Ridge ridge_of(const Setting& setting, double diag_reg) {
  const Matrix& kernel = *setting.driving_blocks().train_train;
  double trace = 0;
  for (std::int64_t i = 0; i < kernel.rows(); ++i) trace += kernel(i, i);
  if (!std::isfinite(trace))
    throw Error(ErrorCode::numeric,
                "the " + std::string(name_of(setting.driving_kernel)) +
                    " kernel has entries that are not finite",
                {}, {.kernel = setting.driving_kernel, .block = Block::train_train});
  Ridge ridge;
  ridge.mean_diagonal = trace / static_cast<double>(kernel.rows());
  ridge.absolute_scale = setting.options->diag_reg_absolute_scale;
  ridge.absolute = diag_reg * (ridge.absolute_scale ? 1 : std::max(ridge.mean_diagonal, 0.0));
  return ridge;
}

FactorEntry& entry_of(Factors& factors, const Setting& setting, const Ridge& ridge) {
  for (const auto& entry : factors)
    if (entry->ridge.absolute == ridge.absolute && entry->solver == *setting.solver) {
      entry->ridge = ridge;  // messages are in the scale that this inference was given
      return *entry;
    }
  factors.push_back(
      std::make_unique<FactorEntry>(FactorEntry{.solver = *setting.solver, .ridge = ridge}));
  return *factors.back();
}

const Eigen& eigen_of(FactorEntry& entry, const Setting& setting) {
  if (!entry.eigen)
    entry.eigen = setting.solver->eigen(
        add_ridge(*setting.driving_blocks().train_train, entry.ridge.absolute), setting.control);
  return *entry.eigen;
}

const Factor& factor_of(FactorEntry& entry, const Setting& setting) {
  if (entry.factor) return *entry.factor;
  const Matrix& kernel = *setting.driving_blocks().train_train;
  std::optional<Factor> factor;
  try {
    factor = make_factor(kernel, entry.ridge.absolute, setting);
  } catch (const Error& e) {
    if (e.code() != ErrorCode::numeric || e.facts().index < 0) throw;
    throw_not_positive_definite(setting.driving_kernel, setting.n, entry.ridge,
                                extreme_eigenvalues(add_ridge(kernel, entry.ridge.absolute),
                                                    setting.solver->threads(), setting.control),
                                e.facts().index);
  }
  require_above_rounding(factor, entry.ridge, setting);
  entry.factor = std::move(factor);
  setting.check();
  return *entry.factor;
}

const Matrix& cross_solution(FactorEntry& entry, const Setting& setting) {
  if (!entry.cross_solution) {
    Matrix b = transpose(*setting.driving_blocks().test_train);
    factor_of(entry, setting).solve_in_place(b, &entry.cross_solution_info, setting.control);
    entry.cross_solution = std::move(b);
    setting.check();
  }
  return *entry.cross_solution;
}

}  // namespace detail

}  // namespace widelimit
