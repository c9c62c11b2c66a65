// A kernel of training samples together with its factors, for several inferences on one kernel.
// Thread safety: one thread at a time.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/matrix.hpp>

#include <memory>

namespace widelimit {

/// Owns the blocks of one kernel that training reads, so that its factors are never taken for those
/// of another kernel. `infer` makes a factor or an eigendecomposition when it first needs one, for
/// each ridge and solver, and keeps it here. Solvers are recognised by ==: make one and pass it on.
class WIDELIMIT_EXPORT FactorisedKernel {
 public:
  /// `train_train` [n, n] and `test_train` [m, n]; empty: there are no test samples. Shapes are
  /// checked by `infer`.
  explicit FactorisedKernel(Matrix train_train, Matrix test_train = {});
  ~FactorisedKernel();
  FactorisedKernel(FactorisedKernel&&) noexcept;
  FactorisedKernel& operator=(FactorisedKernel&&) noexcept;

  [[nodiscard]] const Matrix& train_train() const noexcept;
  [[nodiscard]] const Matrix& test_train() const noexcept;
  /// Frees the factors and keeps the blocks.
  void release_factors() noexcept;

  /// Inside core.
  struct State;
  [[nodiscard]] State& state() noexcept { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

}  // namespace widelimit
