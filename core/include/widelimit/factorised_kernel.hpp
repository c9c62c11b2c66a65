// A kernel of training samples with its factors, for several inferences with one kernel.
// Thread safety: one thread at a time.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/matrix.hpp>

#include <memory>

namespace widelimit {

/// Owns the blocks of one kernel that training reads, so that its factors cannot be used for
/// another kernel. When `infer` first needs a factor or an eigendecomposition for a ridge and a
/// solver, it computes it and stores it here. Solvers are compared by ==, so create one and use it
/// for all calls.
class WIDELIMIT_EXPORT FactorisedKernel {
 public:
  /// `train_train` [n, n] and `test_train` [m, n]; an empty `test_train` means no test samples.
  /// `infer` checks the shapes.
  explicit FactorisedKernel(Matrix train_train, Matrix test_train = {});
  ~FactorisedKernel();
  FactorisedKernel(FactorisedKernel&&) noexcept;
  FactorisedKernel& operator=(FactorisedKernel&&) noexcept;

  [[nodiscard]] const Matrix& train_train() const noexcept;
  [[nodiscard]] const Matrix& test_train() const noexcept;
  /// Frees the factors. The blocks remain.
  void release_factors() noexcept;

  /// Inside core.
  struct State;
  [[nodiscard]] State& state() noexcept { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

}  // namespace widelimit
