// Inference in closed form: what a network trained for any time predicts, from its kernels.
// Formulas: Jacot et al. (arXiv:1806.07572), Lee et al. (arXiv:1902.06720, equations 9 to 16).
// Thread safety: functions may be called concurrently; an InferenceCache by one thread at a time.
#pragma once

#include <widelimit/control.hpp>
#include <widelimit/matrix.hpp>
#include <widelimit/solver.hpp>

#include <cstdint>
#include <memory>
#include <vector>

namespace widelimit {

enum class Method { gp_inference, gradient_descent_mse_ensemble, gradient_descent_mse };
enum class KernelKind { nngp, ntk, ntkgp };
enum class Covariance { none, diagonal, full };

/// One kernel's blocks, float64. What a call does not read may be NULL.
struct KernelBlocks {
  const Matrix* train_train = nullptr;                 ///< [n, n]
  const Matrix* test_train = nullptr;                  ///< [m, n]
  const Matrix* test_test = nullptr;                   ///< [m, m]: for a full covariance
  const std::vector<double>* test_diagonal = nullptr;  ///< [m]: for variances alone
};

struct InferenceProblem {
  KernelBlocks nngp, ntk;
  const Matrix* y_train = nullptr;  ///< [n, outputs]
  const Matrix* y_test = nullptr;   ///< [m, outputs]; for test losses
  const Matrix *initial_train = nullptr, *initial_test = nullptr;  ///< f_0; NULL: zero
};

struct InferenceOptions {
  Method method = Method::gp_inference;
  KernelKind kernel = KernelKind::nngp;
  std::vector<double> times;  ///< >= 0 or infinity; not for gp_inference
  bool predictions = true;    ///< of the test samples, at each time
  bool losses = true;         ///< at each time; of gp_inference none
  double learning_rate = 1, diag_reg = 0;
  /// Several ridges, of gp_inference: predictions for each of them from one eigendecomposition of
  /// the kernel without any. Where it is not empty diag_reg is not read.
  std::vector<double> diag_reg_path;
  bool diag_reg_absolute_scale = false;
  bool leave_one_out = false;  ///< of gp_inference: for each ridge
  Covariance covariance = Covariance::none;
};

/// Which blocks such an inference reads.
struct InferenceNeeds {
  bool nngp_train_train = false, nngp_test_train = false, nngp_test_test = false;
  bool ntk_train_train = false, ntk_test_train = false, ntk_test_test = false;
  bool nngp_test_diagonal = false, ntk_test_diagonal = false;  ///< only the diagonal of test_test
  bool eigen = false;  ///< finite times, several ridges: a solver with eigendecomposition
};
[[nodiscard]] WIDELIMIT_EXPORT InferenceNeeds needs_of(const InferenceOptions& options);

/// Each training sample predicted from all the others, without fitting again. With A = K + ridge I
/// the regularised kernel and the sample x_i, y_i:
///   mean_i = y_i - (A^-1 Y)_i / (A^-1)_ii, variance_i = 1 / (A^-1)_ii
///   log p(Y) = -1/2 sum_outputs y' A^-1 y - outputs/2 (log |A| + n log 2 pi)
/// (Rasmussen and Williams 2006, equations 5.12 and 5.8; the first for any ridge regression: Craven
/// and Wahba 1979.) The ridge is that of all n samples.
struct LeaveOneOut {
  Matrix mean;  ///< [n, outputs]
  /// [n], shared by the outputs, of an observation: the ridge is in it. Of the kernel `ntk`, which
  /// is not the covariance of its prior, empty.
  std::vector<double> variance;
  double log_evidence = 0;  ///< log p(Y), the marginal likelihood; of `ntk` NaN
};

/// At one time and ridge; the latent function, without observation noise.
struct Prediction {
  double time = 0;
  double diag_reg = 0, ridge = 0;  ///< as asked for; what was added to the diagonal, absolute
  Matrix mean;                     ///< [m, outputs]
  std::vector<double> variance;    ///< [m], shared by the outputs, never below 0; diagonal or full
  Matrix covariance;               ///< [m, m]; full
  Matrix train_mean;               ///< [n, outputs]
  LeaveOneOut left_out;            ///< empty where it was not asked for
};

/// 1/2 mean squared error over all entries: of the mean, and expected of a member of the infinite
/// ensemble (with the variance). Unused curves are empty.
struct LossCurves {
  std::vector<double> time, train_mean, test_mean, train_expected, test_expected;
};

struct InferenceResult {
  std::vector<Prediction> predictions;  ///< one a time, or one a ridge of a path
  LossCurves losses;
  double ridge = 0;   ///< what was added to the diagonal, absolute; of a path 0
  double logdet = 0;  ///< of the regularised kernel; NaN: not known
  double smallest_eigenvalue = 0, largest_eigenvalue = 0;  ///< likewise
  SolveInfo solve;
};

/// Keeps factors and eigendecompositions, so that several inferences on one kernel and ridge share
/// one. Matrices are recognised by address: keep them unchanged while the cache lives. Solvers are
/// recognised by ==: make one and pass it on.
class WIDELIMIT_EXPORT InferenceCache {
 public:
  InferenceCache();
  ~InferenceCache();
  InferenceCache(const InferenceCache&) = delete;
  InferenceCache& operator=(const InferenceCache&) = delete;

  struct State;
  [[nodiscard]] State& state() noexcept { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

/// Where all times are infinite the solver factorises the kernel; else one eigendecomposition
/// serves all times, and memory does not grow with the number of times that only losses are asked
/// of. One eigendecomposition serves a path of ridges likewise: each further one costs n^2 (outputs
/// + 1) for what was left out and n m (outputs + 1) for the test samples (n^2 m with a covariance
/// of the kernel ntk). Without test samples predictions hold what was left out alone. Throws
/// Error(usage) for shapes that do not fit, for a covariance of one network (gradient_descent_mse)
/// and for finite times or a path with a solver that has no eigendecomposition, for a path or
/// leave_one_out of gradient descent;
/// Error(numeric) with the pivot, the smallest eigenvalue (of more than 5,000 samples an estimate,
/// so labelled) and a suggested diag_reg where the kernel is not positive definite. Eigenvalues
/// within rounding of zero (10 n eps times the largest) count as zero, whatever their sign: of
/// infinite times the kernel is refused; at finite times training outputs do not move along such an
/// eigenvector, and the factor (1 - e^(-lambda s)) / lambda of test outputs is its limit s =
/// learning rate x time / number of targets, up to the inverse of the rounding. Never NaN in
/// predictions and losses. `cache` may be NULL.
[[nodiscard]] WIDELIMIT_EXPORT InferenceResult infer(const InferenceProblem& problem,
                                                     const InferenceOptions& options,
                                                     const Solver& solver,
                                                     InferenceCache* cache = nullptr,
                                                     Control* control = nullptr);

/// The largest stable learning rate of gradient descent on 1/2 mean squared error:
/// 2 (1 + momentum) y_size / (lambda_max + 1e-12). `solver` must offer eigenvalues.
[[nodiscard]] WIDELIMIT_EXPORT double max_learning_rate(const Matrix& kernel, std::int64_t y_size,
                                                        double momentum, const Solver& solver);
/// The same where lambda_max, of the kernel without ridge, is known already.
[[nodiscard]] WIDELIMIT_EXPORT double max_learning_rate(double largest_eigenvalue,
                                                        std::int64_t y_size, double momentum);

}  // namespace widelimit
