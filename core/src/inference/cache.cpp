// The cache's lookups, and the making of what is not there.
#include "inference/cache.hpp"

#include <widelimit/error.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace widelimit {

InferenceCache::InferenceCache() : state_(std::make_unique<State>()) {}
InferenceCache::~InferenceCache() = default;

namespace detail {

namespace {

Matrix regularised(const Matrix& kernel, double ridge) {
  Matrix a = kernel.clone();
  for (std::int64_t i = 0; i < a.rows(); ++i) a(i, i) += ridge;
  return a;
}

// A factorisation may pass or fail by the sign of a rounding error where the matrix is singular, so
// its passing is not enough. The reciprocal condition number in the 1-norm is at most that in the
// 2-norm: only where it is small, or not known, a closer look is due.
void require_above_rounding(std::optional<Factor>& factor, const Ridge& ridge,
                            const Setting& setting) {
  if (factor->info().rcond > rounding_of_eigenvalues(setting.n, 1)) return;
  const Matrix& kernel = *setting.drive->train_train;
  const int threads = setting.solver->threads();
  const Extremes near = extremes_by_factor(kernel, ridge.absolute, *factor, threads);
  if (near.smallest > rounding_of_eigenvalues(setting.n, near.largest)) return;
  factor.reset();  // of the size of the copy that follows
  Extremes told = extreme_eigenvalues(regularised(kernel, ridge.absolute), threads);
  if (told.estimated) told.smallest = std::min(told.smallest, near.smallest);
  throw_not_positive_definite(setting.kernel_name(), setting.n, ridge, told, -1);
}

}  // namespace

Ridge ridge_of(const Setting& setting, double diag_reg) {
  const Matrix& kernel = *setting.drive->train_train;
  double trace = 0;
  for (std::int64_t i = 0; i < kernel.rows(); ++i) trace += kernel(i, i);
  if (!std::isfinite(trace))
    throw Error(ErrorCode::numeric, "the " + std::string(setting.kernel_name()) +
                                        " kernel has entries that are not finite");
  Ridge ridge;
  ridge.mean_diagonal = trace / static_cast<double>(kernel.rows());
  ridge.absolute_scale = setting.options->diag_reg_absolute_scale;
  ridge.absolute = diag_reg * (ridge.absolute_scale ? 1 : std::max(ridge.mean_diagonal, 0.0));
  return ridge;
}

InferenceCache::State::Entry& entry_of(InferenceCache::State& cache, const Setting& setting,
                                       const Ridge& ridge) {
  const Matrix& kernel = *setting.drive->train_train;
  for (const auto& e : cache.entries)
    if (e->matrix == kernel.data() && e->ridge.absolute == ridge.absolute &&
        e->solver == *setting.solver)
      return *e;
  cache.entries.push_back(
      std::make_unique<InferenceCache::State::Entry>(InferenceCache::State::Entry{
          kernel.data(), *setting.solver, ridge, {}, {}, nullptr, {}, {}}));
  return *cache.entries.back();
}

const Eigen& eigen_of(InferenceCache::State::Entry& entry, const Setting& setting) {
  if (!entry.eigen) {
    setting.check();
    setting.report("eigendecomposition", 0, 1);
    entry.eigen =
        setting.solver->eigen(regularised(*setting.drive->train_train, entry.ridge.absolute));
    setting.report("eigendecomposition", 1, 1);
    setting.check();
  }
  return *entry.eigen;
}

const Factor& factor_of(InferenceCache::State::Entry& entry, const Setting& setting) {
  if (entry.factor) return *entry.factor;
  setting.check();
  setting.report("factorise", 0, 1);
  const Matrix& kernel = *setting.drive->train_train;
  std::optional<Factor> factor;
  try {
    factor = setting.solver->factorise(regularised(kernel, entry.ridge.absolute));
  } catch (const Error& e) {
    if (e.code() != ErrorCode::numeric || e.facts().index < 0) throw;
    throw_not_positive_definite(
        setting.kernel_name(), setting.n, entry.ridge,
        extreme_eigenvalues(regularised(kernel, entry.ridge.absolute), setting.solver->threads()),
        e.facts().index);
  }
  require_above_rounding(factor, entry.ridge, setting);
  entry.factor = std::move(factor);
  setting.report("factorise", 1, 1);
  setting.check();
  return *entry.factor;
}

const Matrix& solved_cross(InferenceCache::State::Entry& entry, const Setting& setting) {
  const Matrix& cross = *setting.drive->test_train;
  if (entry.solved_for != cross.data()) {
    Matrix b = transpose(cross);
    factor_of(entry, setting).solve_in_place(b, &entry.solved_info);
    entry.solved = std::move(b);
    entry.solved_for = cross.data();
    setting.check();
  }
  return entry.solved;
}

}  // namespace detail

}  // namespace widelimit
