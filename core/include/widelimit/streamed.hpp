// Inference at infinite time with kernels that are read from disk, block by block. Only the factor
// of the training kernel is in memory (half of a matrix if the solver accepts packed matrices), and
// a few rows of test kernels. Thread safety: functions may be called concurrently.
#pragma once

#include <widelimit/control.hpp>
#include <widelimit/inference.hpp>
#include <widelimit/matrix.hpp>
#include <widelimit/solver.hpp>
#include <widelimit/store.hpp>

#include <cstdint>
#include <vector>

namespace widelimit {

/// The blocks of the kernel that determines training (for gp_inference: the covariance of the
/// process). Missing blocks are NULL, as in InferenceProblem.
struct StreamedProblem {
  const KernelSource* train_train = nullptr;           ///< [n, n]
  const KernelSource* test_train = nullptr;            ///< [m, n]; NULL: no test samples
  const std::vector<double>* test_diagonal = nullptr;  ///< [m], for variances
  const Matrix* y_train = nullptr;                     ///< [n, outputs]
  const Matrix* y_test = nullptr;                      ///< [m, outputs]; for test losses
  const Matrix *initial_train = nullptr, *initial_test = nullptr;
};

/// Whether infer_streamed supports these options: infinite times only, one ridge, no leave-one-out,
/// no full covariance, and no covariance of the `ntk` ensemble, which needs a second kernel.
[[nodiscard]] WIDELIMIT_EXPORT bool can_stream(const InferenceOptions& options);

/// Computes the same means and variances as `infer`, up to rounding. `solve.residual` is the
/// backward error max |A x - b| / (|A| |x|) over all right-hand sides in the infinity norm, with
/// the kernel as it is on the disk. A solver with an operator form that does not accept half of a
/// matrix reads the kernel once for each of its products. Throws the same errors as `infer`. If a
/// kernel of more than 5,000 samples is not positive definite, the eigenvalues in the message are
/// marked as estimates; they come from 24 steps of Lanczos (24 passes over the kernel).
[[nodiscard]] WIDELIMIT_EXPORT InferenceResult infer_streamed(const StreamedProblem& problem,
                                                              const InferenceOptions& options,
                                                              const Solver& solver,
                                                              Control* control = nullptr);

/// The cost of infer_streamed, which frees the factor at its end.
[[nodiscard]] WIDELIMIT_EXPORT InferenceCost cost_of_streamed(const InferenceSize& size,
                                                              const Solver& solver);

}  // namespace widelimit
