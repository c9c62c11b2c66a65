// Solvers: a configured method, and one matrix it has factorised.
// Thread safety: const members may be called concurrently; a Factor keeps its solver and its
// library alive.
#pragma once

#include <widelimit/control.hpp>
#include <widelimit/kernel_source.hpp>
#include <widelimit/matrix.hpp>

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace widelimit {

struct SolveInfo {
  int iterations = 0;
  double jitter = 0;
  double rcond =
      std::numeric_limits<double>::quiet_NaN();  ///< reciprocal condition number, 1-norm, estimated
  double residual = std::numeric_limits<double>::quiet_NaN();  ///< max |A x - b| / (|A| |x|)
};

class WIDELIMIT_EXPORT Factor {
 public:
  [[nodiscard]] std::int64_t size() const noexcept;
  /// A^-1 b, shape of b: [n, right-hand sides].
  [[nodiscard]] Matrix solve(const Matrix& b, Control* control = nullptr) const;
  /// `info`, where given, receives what this solve reports (its residual, where it was asked for).
  void solve_in_place(Matrix& b, SolveInfo* info = nullptr, Control* control = nullptr) const;
  [[nodiscard]] double logdet() const;
  [[nodiscard]] const SolveInfo& info() const noexcept;

 private:
  friend class Solver;
  struct State;
  explicit Factor(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

/// values ascending; row k of `vectors` is the eigenvector of values[k].
struct Eigen {
  std::vector<double> values;
  Matrix vectors;
};

/// Copies share one object of the plugin; == tells whether two solvers are such copies. A control,
/// where one is given, is checked before and after each call of the plugin, which nothing
/// interrupts, and receives its phase: "factorise", "eigendecomposition", "eigenvalues" or "solve".
class WIDELIMIT_EXPORT Solver {
 public:
  /// From a type's table: used by Runtime, and by tests with a static table. `keep_alive` holds the
  /// library; `params` may be NULL for defaults that the type itself supplies; `threads` is how
  /// many BLAS may use, 0: as many as the process may. Throws Error(usage) with the pointer of a
  /// parameter the type refuses.
  Solver(std::shared_ptr<const void> keep_alive, const widelimit_solver_type& type,
         const widelimit_host& host, const widelimit_params* params, int threads = 0);

  [[nodiscard]] const std::string& type() const noexcept;
  /// BLAS threads of its calls; 0: as many as the process may use.
  [[nodiscard]] int threads() const noexcept;
  /// `a` symmetric [n, n], consumed. Throws Error(numeric) whose facts().index is the leading minor
  /// (from 1) that is not positive definite.
  [[nodiscard]] Factor factorise(Matrix a, Control* control = nullptr) const;
  /// The same of a + ridge 1, read block by block into place, with no second copy: n (n + 1) / 2
  /// numbers where the solver takes half of a matrix (`has_packed`), else n^2. `control`
  /// receives the rows that are read as "read kernel".
  [[nodiscard]] Factor factorise(const KernelSource& a, double ridge,
                                 Control* control = nullptr) const;
  [[nodiscard]] bool has_packed() const noexcept;
  /// Memory of a factor that is made from a source of n rows.
  [[nodiscard]] std::int64_t factor_bytes(std::int64_t n) const noexcept;
  [[nodiscard]] bool has_eigen() const noexcept;
  /// All eigenpairs of a symmetric matrix, consumed; the vectors reuse its memory.
  [[nodiscard]] Eigen eigen(Matrix a, Control* control = nullptr) const;
  /// Eigenvalues alone, ascending.
  [[nodiscard]] std::vector<double> eigenvalues(Matrix a, Control* control = nullptr) const;

 private:
  friend class Factor;
  friend bool operator==(const Solver& a, const Solver& b) noexcept { return a.state_ == b.state_; }
  struct State;
  std::vector<double> eigen_into(Matrix& a, widelimit_matrix vectors, Control* control) const;
  Factor factor_of(Matrix memory, std::int64_t n, bool packed, Control* control) const;
  std::shared_ptr<State> state_;
};

/// Floating-point operations of a Cholesky factorisation of n rows (Golub & Van Loan, Matrix
/// Computations, section 4.2), and about those of all eigenpairs (section 8.3).
[[nodiscard]] WIDELIMIT_EXPORT double factor_flops(std::int64_t n) noexcept;
[[nodiscard]] WIDELIMIT_EXPORT double eigen_flops(std::int64_t n) noexcept;

}  // namespace widelimit
