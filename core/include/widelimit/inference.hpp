// Inference in closed form: computes the predictions of a network after any training time from its
// kernels.
// Formulas: Jacot et al. (arXiv:1806.07572), Lee et al. (arXiv:1902.06720, equations 9 to 16).
// Thread safety: functions may be called concurrently, but calls that share a FactorisedKernel only
// by one thread at a time.
#pragma once

#include <widelimit/control.hpp>
#include <widelimit/kernel.hpp>
#include <widelimit/matrix.hpp>
#include <widelimit/solver.hpp>

#include <cstdint>
#include <vector>

namespace widelimit {

class FactorisedKernel;

enum class Method { gp_inference, gradient_descent_mse_ensemble, gradient_descent_mse };
/// The kernel that determines an inference. `ntk`: training from initial outputs with the NNGP
/// kernel as covariance. `ntkgp`: the posterior of a Gaussian process with the NTK as covariance.
enum class DrivingKernel { nngp, ntk, ntkgp };
/// The kernel whose blocks such an inference uses.
[[nodiscard]] constexpr Kernel kernel_of(DrivingKernel driving) noexcept {
  return driving == DrivingKernel::nngp ? Kernel::nngp : Kernel::ntk;
}
enum class Covariance { none, diagonal, full };

/// The blocks of one kernel, in float64. Blocks that a call does not read may be NULL.
struct KernelBlocks {
  const Matrix* train_train = nullptr;                 ///< [n, n]
  const Matrix* test_train = nullptr;                  ///< [m, n]
  const Matrix* test_test = nullptr;                   ///< [m, m], for a full covariance
  const std::vector<double>* test_diagonal = nullptr;  ///< [m], for variances
  /// In place of train_train and test_train, which it contains. Uses its factors, and adds new
  /// ones.
  FactorisedKernel* factorised = nullptr;
};

struct InferenceProblem {
  PerKernel<KernelBlocks> kernels = {};
  const Matrix* y_train = nullptr;  ///< [n, outputs]
  const Matrix* y_test = nullptr;   ///< [m, outputs]; for test losses
  /// Outputs before training; NULL: zero.
  const Matrix *initial_train = nullptr, *initial_test = nullptr;
};

struct InferenceOptions {
  Method method = Method::gp_inference;
  DrivingKernel kernel = DrivingKernel::nngp;
  std::vector<double> times = {};  ///< >= 0 or infinity; not for gp_inference
  bool predictions = true;         ///< predictions of the test samples at each time
  bool losses = true;              ///< losses at each time; not for gp_inference
  double learning_rate = 1, diag_reg = 0;
  /// Several ridges, for gp_inference: computes predictions for each of them from one
  /// eigendecomposition of the kernel without ridge. If it is not empty, diag_reg is ignored.
  std::vector<double> diag_reg_path = {};
  bool diag_reg_absolute_scale = false;
  bool leave_one_out = false;  ///< for gp_inference, for each ridge
  Covariance covariance = Covariance::none;
};

/// The blocks that an inference reads.
struct InferenceNeeds {
  PerKernel<PerBlock<bool>> blocks = {};
  /// Kernels of which only the diagonal of test_test is read.
  KernelSet test_diagonal = {};
  /// Whether the solver must compute eigendecompositions: for finite times and several ridges.
  bool eigen = false;
};
[[nodiscard]] WIDELIMIT_EXPORT InferenceNeeds needs_of(const InferenceOptions& options);

/// Predictions of each training sample from all the others, without new factorisations. With the
/// regularised kernel A = K + ridge I and the sample x_i, y_i:
///   mean_i = y_i - (A^-1 Y)_i / (A^-1)_ii, variance_i = 1 / (A^-1)_ii
///   log p(Y) = -1/2 sum_outputs y' A^-1 y - outputs/2 (log |A| + n log 2 pi)
/// (Rasmussen and Williams 2006, equations 5.12 and 5.8; Craven and Wahba 1979 show the first one
/// for any ridge regression.) The ridge is that of all n samples.
struct LeaveOneOut {
  Matrix mean = {};  ///< [n, outputs]
  /// [n], the same for all outputs: variances of observations, which include the ridge. Empty for
  /// the kernel `ntk`, which is not the covariance of its prior.
  std::vector<double> variance = {};
  double log_evidence = 0;  ///< log p(Y), the marginal likelihood; NaN for `ntk`
};

/// Predictions at one time with one ridge, of the latent function without observation noise.
struct Prediction {
  double time = 0;
  double diag_reg = 0, ridge = 0;  ///< as requested; the number added to the diagonal
  Matrix mean = {};                ///< [m, outputs]
  /// [m], the same for all outputs, not negative; if diagonal or full.
  std::vector<double> variance = {};
  Matrix covariance = {};     ///< [m, m]; if full
  Matrix train_mean = {};     ///< [n, outputs]
  LeaveOneOut left_out = {};  ///< empty if not requested
};

/// Half the mean squared error over all entries: of the mean prediction, and the expected one of a
/// member of the infinite ensemble (which includes the variance). Unused curves are empty.
struct LossCurves {
  std::vector<double> time = {}, train_mean = {}, test_mean = {}, train_expected = {},
                      test_expected = {};
};

struct InferenceResult {
  std::vector<Prediction> predictions = {};  ///< one per time, or one per ridge of a path
  LossCurves losses = {};
  double ridge = 0;   ///< the number added to the diagonal; 0 for a path
  double logdet = 0;  ///< of the regularised kernel; NaN: unknown
  double smallest_eigenvalue = 0, largest_eigenvalue = 0;  ///< likewise
  /// Of the factorisation and of all solutions that the result consists of: their iterations
  /// together, and the largest residual that is known. At finite times, of the eigendecomposition.
  SolveInfo solve = {};
};

/// Computes predictions and losses. If all times are infinite, the solver factorises the kernel.
/// Otherwise one eigendecomposition serves all times, and memory does not grow with the number of
/// times for which only losses are requested. One eigendecomposition also serves a path of ridges:
/// each further ridge costs n^2 (outputs + 1) operations for leave-one-out and n m (outputs + 1)
/// for the test samples (n^2 m with a covariance of the kernel ntk). Without test samples,
/// predictions contain only the leave-one-out results. `control` may be NULL.
///
/// Throws
/// - Error(usage) for shapes that do not fit; for a covariance of one network
///   (gradient_descent_mse); for finite times or a path with a solver that has no
///   eigendecomposition; for a path or leave_one_out with gradient descent;
/// - Error(numeric) if the kernel is not positive definite, with the pivot, the smallest eigenvalue
///   (for more than 5,000 samples an estimate, marked as such) and a suggested diag_reg.
///
/// Eigenvalues within rounding error of zero (10 n eps times the largest) are treated as zero,
/// whatever their sign. For infinite times such a kernel is refused, and so is a path that has a
/// ridge with which it is such a kernel. At finite times, training outputs do not change along such
/// an eigenvector, and the factor (1 - e^(-lambda s)) / lambda of test outputs is its limit s =
/// learning rate x time / number of targets, up to the inverse of the rounding error. Predictions
/// and losses are never NaN.
[[nodiscard]] WIDELIMIT_EXPORT InferenceResult infer(const InferenceProblem& problem,
                                                     const InferenceOptions& options,
                                                     const Solver& solver,
                                                     Control* control = nullptr);

/// The numbers of training samples, test samples and outputs of an inference.
struct InferenceSize {
  std::int64_t train = 0, test = 0, outputs = 0;
};

/// The cost of an inference, known before it begins.
struct InferenceCost {
  /// Bytes of the factor, which a FactorisedKernel keeps for later inferences.
  double factor_bytes = 0;
  /// The largest number of bytes in use at one time, results included, without the factor, the
  /// kernels and the targets.
  double working_bytes = 0;
  /// Floating-point operations of the factorisation, and of the work that grows with the number of
  /// test samples.
  double flops = 0;
};
[[nodiscard]] WIDELIMIT_EXPORT InferenceCost cost_of_inference(const InferenceOptions& options,
                                                               const InferenceSize& size);
/// The number of predictions that `infer` computes: one per time, or one per ridge.
[[nodiscard]] WIDELIMIT_EXPORT std::int64_t prediction_count(const InferenceOptions& options);

/// The largest stable learning rate of gradient descent on 1/2 mean squared error:
/// 2 (1 + momentum) y_size / (lambda_max + 1e-12). `solver` must offer eigenvalues.
[[nodiscard]] WIDELIMIT_EXPORT double max_learning_rate(const Matrix& kernel, std::int64_t y_size,
                                                        double momentum, const Solver& solver,
                                                        Control* control = nullptr);
/// The same from lambda_max, the largest eigenvalue of the kernel without ridge.
[[nodiscard]] WIDELIMIT_EXPORT double max_learning_rate(double largest_eigenvalue,
                                                        std::int64_t y_size, double momentum);

}  // namespace widelimit
