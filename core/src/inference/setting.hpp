// One inference with checked arguments: the kernel that drives training, the kernel of the prior,
// and the centred targets.
#pragma once

#include <widelimit/inference.hpp>

#include "base/sizes.hpp"
#include "inference/products.hpp"

#include <cstdint>
#include <vector>

namespace widelimit::detail {

struct Setting {
  const InferenceProblem* problem = nullptr;
  const InferenceOptions* options = nullptr;
  const Solver* solver = nullptr;
  Control* control = nullptr;

  /// Handles of factorised kernels are replaced by their blocks.
  PerKernel<KernelBlocks> blocks;
  Kernel driving_kernel = Kernel::nngp, prior_kernel = Kernel::nngp;
  /// The NTK drives training and the NNGP kernel is the prior.
  bool two_kernels = false;
  std::int64_t n = 0, m = 0, outputs = 0;  ///< m 0: no test samples
  Matrix centred_targets;                  ///< Y - f_0, [n, outputs]
  std::vector<double> times;

  /// The kernel that drives training: Theta of the formulas, or K.
  [[nodiscard]] const KernelBlocks& driving_blocks() const noexcept {
    return blocks[driving_kernel];
  }
  /// The prior: the kernel that is the covariance of the untrained network.
  [[nodiscard]] const KernelBlocks& prior_blocks() const noexcept { return blocks[prior_kernel]; }
  [[nodiscard]] Products products() const noexcept { return Products(solver->threads()); }
  [[nodiscard]] bool ensemble() const noexcept {
    return options->method != Method::gradient_descent_mse;
  }
  [[nodiscard]] bool covariance() const noexcept {
    return options->covariance != Covariance::none && ensemble();
  }
  [[nodiscard]] bool full_covariance() const noexcept {
    return options->covariance == Covariance::full && ensemble();
  }
  /// f_0 of the test samples. NULL: zero.
  [[nodiscard]] const Matrix* initial_test() const noexcept {
    return ensemble() ? nullptr : problem->initial_test;
  }
  [[nodiscard]] const Matrix* initial_train() const noexcept {
    return ensemble() ? nullptr : problem->initial_train;
  }
  /// Variance of test sample i before training.
  [[nodiscard]] double prior_variance(std::int64_t i) const noexcept {
    return prior_blocks().test_diagonal != nullptr ? (*prior_blocks().test_diagonal)[to_size(i)]
                                                   : (*prior_blocks().test_test)(i, i);
  }
  void check() const {
    if (control != nullptr) control->check();
  }
  void report(const char* phase, std::int64_t done, std::int64_t total) const {
    if (control != nullptr) control->report({phase, done, total});
  }
};

/// Throws Error(usage) if an argument is wrong or missing.
[[nodiscard]] Setting make_setting(const InferenceProblem& problem, const InferenceOptions& options,
                                   const Solver& solver, Control* control);

}  // namespace widelimit::detail
