// Inference at infinite time on kernels that are read from disk, block by block: of the training
// kernel only the factor is in memory (half of it where the solver takes it packed), of test
// kernels a few rows. Thread safety: functions may be called concurrently.
#pragma once

#include <widelimit/control.hpp>
#include <widelimit/inference.hpp>
#include <widelimit/matrix.hpp>
#include <widelimit/solver.hpp>
#include <widelimit/store.hpp>

#include <cstdint>
#include <vector>

namespace widelimit {

/// The kernel that drives training (of gp_inference: the one of the process). What is not there is
/// NULL, as in InferenceProblem.
struct StreamedProblem {
  const KernelSource* train_train = nullptr;           ///< [n, n]
  const KernelSource* test_train = nullptr;            ///< [m, n]; NULL: no test samples
  const std::vector<double>* test_diagonal = nullptr;  ///< [m], for variances
  const Matrix* y_train = nullptr;                     ///< [n, outputs]
  const Matrix* y_test = nullptr;                      ///< [m, outputs]; for test losses
  const Matrix *initial_train = nullptr, *initial_test = nullptr;
};

/// All times infinite, one ridge, no leave-one-out, no full covariance, and no covariance of the
/// ensemble of `ntk`, which needs a second kernel.
[[nodiscard]] WIDELIMIT_EXPORT bool can_stream(const InferenceOptions& options);

/// Means and variances as `infer` gives them, up to rounding. `solve.residual` is the backward
/// error max |A x - b| / (|A| |x|) over all right-hand sides in the infinity norm, from the kernel
/// as it is on the disk. Throws what `infer` throws; of a kernel of more than 5,000 samples
/// that is not positive definite the eigenvalues are estimates of 24 steps of Lanczos (24 passes
/// over the kernel), so labelled.
[[nodiscard]] WIDELIMIT_EXPORT InferenceResult infer_streamed(const StreamedProblem& problem,
                                                              const InferenceOptions& options,
                                                              const Solver& solver,
                                                              Control* control = nullptr);

}  // namespace widelimit
