// Solver and Factor: two values that own the objects of a plugin and call its table of functions.
#include <widelimit/solver.hpp>

#include <widelimit/error.hpp>

#include "base/sizes.hpp"
#include "boundary/abi_error.hpp"
#include "boundary/call_control.hpp"
#include "execution/blas.hpp"
#include "solve/kernel_operator.hpp"
#include "solve/read_symmetric.hpp"
#include "text/numbers.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <utility>

namespace widelimit {
namespace {

widelimit_matrix view(Matrix& a) noexcept { return {a.data(), a.rows(), a.cols(), a.cols()}; }

widelimit_solve_info make_info() noexcept {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  return {sizeof(widelimit_solve_info), 0, 0, nan, nan};
}

SolveInfo from_abi(const widelimit_solve_info& info) noexcept {
  return {info.iterations, info.jitter, info.rcond, info.residual};
}

[[noreturn]] void refuse_shape(std::int64_t rows, std::int64_t cols) {
  throw Error(ErrorCode::usage,
              "a solver takes a symmetric matrix, not one of " + detail::shape_text(rows, cols));
}

void require_square(const Matrix& a) {
  if (a.rows() != a.cols()) refuse_shape(a.rows(), a.cols());
}

// Checks the control and reports progress before and after a call of a plugin, and lends it to the
// plugin meanwhile. A plugin that is asked to stop may fail in any way.
template <class F>
void in_phase(Control* control, const char* phase, F&& call) {
  const detail::CallControl of_call(control);
  if (control == nullptr) return call();
  control->check();
  control->report({phase, 0, 1});
  try {
    call();
  } catch (const Error&) {
    control->check();
    throw;
  }
  control->report({phase, 1, 1});
  control->check();
}

}  // namespace

struct Solver::State {
  std::shared_ptr<const void> keep_alive;  // first, so released last
  widelimit_solver_type type{};
  widelimit_solver* solver = nullptr;
  std::string name;
  int threads = 0;
  std::mutex setup;  // the table's [setup] functions: one call at a time

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (solver != nullptr) detail::call_quietly({"solver", name}, [&] { type.destroy(solver); });
  }

  // f(widelimit_error*) calls the table.
  template <class F>
  void call(F&& f) const {
    detail::call_plugin({"solver", name}, std::forward<F>(f));
  }
  [[noreturn]] void misbehaved(const std::string& how) const {
    throw Error(ErrorCode::internal, "solver " + name + " " + how);
  }
};

struct Factor::State {
  std::shared_ptr<Solver::State> solver;
  std::int64_t n = 0;
  Matrix memory;                                       // of the matrix: the factor may live in it
  bool packed = false;                                 // the memory is half of the matrix
  std::unique_ptr<detail::KernelOperator> multiplied;  // lives until the factor is destroyed
  widelimit_factor* factor = nullptr;
  SolveInfo info;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (factor != nullptr)
      detail::call_quietly({"solver", solver->name}, [&] { solver->type.factor_destroy(factor); });
  }

  // f(widelimit_error*) calls the table. Where a product has failed, its own error is the reason.
  template <class F>
  void call(F&& f) {
    try {
      solver->call(std::forward<F>(f));
    } catch (const Error&) {
      if (multiplied) multiplied->rethrow();
      throw;
    }
    if (multiplied) multiplied->rethrow();
  }
};

Solver::Solver(std::shared_ptr<const void> keep_alive, const widelimit_solver_type& type,
               const widelimit_host& host, const widelimit_params* params, int threads)
    : state_(std::make_shared<State>()) {
  State& s = *state_;
  s.keep_alive = std::move(keep_alive);
  s.threads = threads;
  widelimit_copy(&s.type, sizeof s.type, &type, type.struct_size);
  if (s.type.info != nullptr) {
    widelimit_type_info info{};
    widelimit_copy(&info, sizeof info, s.type.info, s.type.info->struct_size);
    if (info.name != nullptr) s.name = info.name;
  }
  if (s.type.create == nullptr || s.type.destroy == nullptr || s.type.factor_destroy == nullptr ||
      s.type.solve == nullptr)
    s.misbehaved("lacks one of create, destroy, factor_destroy, solve, which every solver has");
  if (s.type.factorise == nullptr && s.type.factorise_operator == nullptr)
    s.misbehaved("has neither factorise nor factorise_operator");
  s.call([&](widelimit_error* error) { return s.type.create(&host, params, &s.solver, error); });
  if (s.solver == nullptr) s.misbehaved("reported success and created nothing");
}

const std::string& Solver::type() const noexcept { return state_->name; }

int Solver::threads() const noexcept { return state_->threads; }

bool Solver::has_matrix() const noexcept { return state_->type.factorise != nullptr; }

bool Solver::has_packed() const noexcept { return state_->type.factorise_packed != nullptr; }

bool Solver::has_operator() const noexcept { return state_->type.factorise_operator != nullptr; }

Factor Solver::factorise(Matrix a, Control* control) const {
  require_square(a);
  auto f = std::make_shared<Factor::State>();
  f->n = a.rows();
  f->memory = std::move(a);
  if (!has_matrix())
    f->multiplied = std::make_unique<detail::KernelOperator>(MatrixSource(f->memory), 0);
  return factor_of(std::move(f), control);
}

Factor Solver::factorise(const KernelSource& a, double ridge, Control* control) const {
  if (a.rows() != a.cols() || a.rows() == 0) refuse_shape(a.rows(), a.cols());
  auto f = std::make_shared<Factor::State>();
  f->n = a.rows();
  f->packed = has_packed();
  if (f->packed)
    f->memory = detail::read_packed(a, ridge, control);
  else if (has_operator())
    f->multiplied = std::make_unique<detail::KernelOperator>(a, ridge);
  else
    f->memory = detail::read_whole(a, ridge, control);
  return factor_of(std::move(f), control);
}

std::int64_t Solver::factor_bytes(std::int64_t n) const noexcept {
  const std::int64_t numbers = has_packed() ? n * (n + 1) / 2 : has_operator() ? 0 : n * n;
  return std::int64_t{sizeof(double)} * numbers;
}

double factor_flops(std::int64_t n) noexcept {
  const auto rows = static_cast<double>(n);
  return rows * rows * rows / 3;
}

double eigen_flops(std::int64_t n) noexcept {
  const auto rows = static_cast<double>(n);
  return 9 * rows * rows * rows;
}

Factor Solver::factor_of(std::shared_ptr<Factor::State> f, Control* control) const {
  f->solver = state_;
  widelimit_solve_info info = make_info();
  in_phase(control, "factorise", [&] {
    const std::scoped_lock lock(state_->setup);
    const detail::SolverPhase phase(state_->threads);
    f->call([&](widelimit_error* error) {
      const widelimit_solver_type& type = state_->type;
      if (f->multiplied)
        return type.factorise_operator(state_->solver, &f->multiplied->abi(), &f->factor, &info,
                                       error);
      if (f->packed)
        return type.factorise_packed(state_->solver, f->memory.data(), f->n, &f->factor, &info,
                                     error);
      return type.factorise(state_->solver, view(f->memory), &f->factor, &info, error);
    });
  });
  if (f->factor == nullptr) state_->misbehaved("reported success and made no factor");
  f->info = from_abi(info);
  return Factor(std::move(f));
}

bool Solver::has_eigen() const noexcept { return state_->type.eigen != nullptr; }

Eigen Solver::eigen(Matrix a, Control* control) const {
  require_square(a);
  Eigen result;
  result.vectors = std::move(a);
  result.values = eigen_into(result.vectors, view(result.vectors), control);
  return result;
}

std::vector<double> Solver::eigenvalues(Matrix a, Control* control) const {
  require_square(a);
  return eigen_into(a, {nullptr, 0, 0, 0}, control);
}

std::vector<double> Solver::eigen_into(Matrix& a, widelimit_matrix vectors,
                                       Control* control) const {
  if (!has_eigen())
    throw Error(ErrorCode::unsupported,
                "solver " + state_->name + " offers no eigendecomposition; try \"eigh\"");
  std::vector<double> values(to_size(a.rows()));
  in_phase(control, vectors.data == nullptr ? "eigenvalues" : "eigendecomposition", [&] {
    const std::scoped_lock lock(state_->setup);
    const detail::SolverPhase phase(state_->threads);
    state_->call([&](widelimit_error* error) {
      return state_->type.eigen(state_->solver, view(a), values.data(), vectors, error);
    });
  });
  if (!std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); }) ||
      !std::is_sorted(values.begin(), values.end()))
    state_->misbehaved("returned eigenvalues that are not finite or not ascending");
  return values;
}

std::int64_t Factor::size() const noexcept { return state_->n; }

Matrix Factor::solve(const Matrix& b, Control* control) const {
  Matrix x = b.clone();
  solve_in_place(x, nullptr, control);
  return x;
}

void Factor::solve_in_place(Matrix& b, SolveInfo* info, Control* control) const {
  if (b.rows() != size())
    throw Error(ErrorCode::usage, "the factor is of a matrix of " + std::to_string(size()) +
                                      " rows, the right-hand side has " + std::to_string(b.rows()));
  widelimit_solve_info abi_info = make_info();
  const Solver::State& solver = *state_->solver;
  in_phase(control, "solve", [&] {
    const detail::SolverPhase phase(solver.threads);
    state_->call([&](widelimit_error* error) {
      return solver.type.solve(state_->factor, view(b), &abi_info, error);
    });
  });
  if (info != nullptr) *info = from_abi(abi_info);
}

double Factor::logdet(Control* control) const {
  const Solver::State& solver = *state_->solver;
  if (solver.type.logdet == nullptr)
    throw Error(ErrorCode::unsupported, "solver " + solver.name + " offers no log-determinant");
  double value = 0;
  in_phase(control, "logdet", [&] {
    const detail::SolverPhase phase(solver.threads);
    state_->call(
        [&](widelimit_error* error) { return solver.type.logdet(state_->factor, &value, error); });
  });
  return value;
}

const SolveInfo& Factor::info() const noexcept { return state_->info; }

bool Factor::uses_operator() const noexcept { return state_->multiplied != nullptr; }

}  // namespace widelimit
