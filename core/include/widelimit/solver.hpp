// Solvers: a method with its configuration, and the factor of a matrix.
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
  /// Of all right-hand sides together; 0: a direct method.
  std::int64_t iterations = 0;
  double jitter = 0;
  /// Estimate of the reciprocal condition number in the 1-norm; NaN: unknown.
  double rcond = std::numeric_limits<double>::quiet_NaN();
  /// max |A x - b| / (|A| |x|); NaN: not computed.
  double residual = std::numeric_limits<double>::quiet_NaN();
};

class WIDELIMIT_EXPORT Factor {
 public:
  [[nodiscard]] std::int64_t size() const noexcept;
  /// A^-1 b for b [n, right-hand sides]. Throws Error(usage) if b has another number of rows.
  [[nodiscard]] Matrix solve(const Matrix& b, Control* control = nullptr) const;
  /// `info`, if not NULL, receives the report of this solution.
  void solve_in_place(Matrix& b, SolveInfo* info = nullptr, Control* control = nullptr) const;
  /// log |A|. Throws Error(unsupported) if the solver has none.
  [[nodiscard]] double logdet(Control* control = nullptr) const;
  [[nodiscard]] const SolveInfo& info() const noexcept;
  /// Whether the solver has only multiplied by the matrix, as iterative methods do.
  [[nodiscard]] bool uses_operator() const noexcept;

 private:
  friend class Solver;
  struct State;
  explicit Factor(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

/// Eigenvalues in ascending order. Row k of `vectors` is the eigenvector of values[k].
struct Eigen {
  std::vector<double> values = {};
  Matrix vectors = {};
};

/// Copies share one object of the plugin. == compares whether two solvers share it. A control, if
/// not NULL, is checked before and after each call of the plugin, and receives the phase
/// "factorise", "eigendecomposition", "eigenvalues", "solve" or "logdet". During the call the
/// plugin can ask it whether to stop and report its own progress to it, and products with the
/// operator form of a kernel stop by themselves. The listener must not call the same solver.
class WIDELIMIT_EXPORT Solver {
 public:
  /// Creates a solver from the table of its type. Runtime calls this, and tests with static tables
  /// do. `keep_alive` keeps the library loaded. `params` may be NULL, for the defaults of the type.
  /// `threads` is the number of BLAS threads, 0: as many as the process may use. Throws
  /// Error(usage) with a JSON pointer if the type rejects a parameter.
  Solver(std::shared_ptr<const void> keep_alive, const widelimit_solver_type& type,
         const widelimit_host& host, const widelimit_params* params, int threads = 0);

  [[nodiscard]] const std::string& type() const noexcept;
  /// Number of BLAS threads; 0: as many as the process may use.
  [[nodiscard]] int threads() const noexcept;
  /// Factorises a symmetric matrix [n, n] in its own memory. Throws Error(numeric) if it is not
  /// positive definite; facts().index is the order of the leading minor that is not positive,
  /// from 1, or -1 if the method does not find it. An iterative method may find out only when it
  /// solves.
  [[nodiscard]] Factor factorise(Matrix a, Control* control = nullptr) const;
  /// Factorises a + ridge 1 in the first of these forms that the solver accepts:
  /// - half of a matrix (`has_packed`), n (n + 1) / 2 numbers that are read block by block;
  /// - an operator (`has_operator`), which keeps no numbers and reads the kernel for each product.
  ///   `a`, or the matrix of a MatrixSource, must then outlive the factor and its copies;
  /// - a matrix, n^2 numbers.
  /// `control` receives the number of rows that have been read as the phase "read kernel".
  [[nodiscard]] Factor factorise(const KernelSource& a, double ridge,
                                 Control* control = nullptr) const;
  [[nodiscard]] bool has_matrix() const noexcept;
  [[nodiscard]] bool has_packed() const noexcept;
  [[nodiscard]] bool has_operator() const noexcept;
  /// Bytes of the factor of a source with n rows, as far as core provides them.
  [[nodiscard]] std::int64_t factor_bytes(std::int64_t n) const noexcept;
  [[nodiscard]] bool has_eigen() const noexcept;
  /// All eigenpairs of a symmetric matrix [n, n]. The vectors use its memory. Throws
  /// Error(unsupported) unless has_eigen().
  [[nodiscard]] Eigen eigen(Matrix a, Control* control = nullptr) const;
  /// The eigenvalues in ascending order. Throws Error(unsupported) unless has_eigen().
  [[nodiscard]] std::vector<double> eigenvalues(Matrix a, Control* control = nullptr) const;

 private:
  friend class Factor;
  friend bool operator==(const Solver& a, const Solver& b) noexcept { return a.state_ == b.state_; }
  struct State;
  std::vector<double> eigen_into(Matrix& a, widelimit_matrix vectors, Control* control) const;
  Factor factor_of(std::shared_ptr<Factor::State> of, Control* control) const;
  std::shared_ptr<State> state_;
};

/// Floating-point operations of a Cholesky factorisation of n rows (Golub & Van Loan, Matrix
/// Computations, section 4.2), and, approximately, of all eigenpairs (section 8.3).
[[nodiscard]] WIDELIMIT_EXPORT double factor_flops(std::int64_t n) noexcept;
[[nodiscard]] WIDELIMIT_EXPORT double eigen_flops(std::int64_t n) noexcept;

}  // namespace widelimit
