// A kernel with its ridge as an operator of the boundary, for solvers that only multiply by it.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/kernel_source.hpp>

#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>

namespace widelimit::detail {

/// a + ridge 1. A matrix in memory is multiplied where it is; any other source is read once for
/// each product, a few rows at a time. Products stop when the call of the solver is cancelled.
/// Thread safety: products may be computed concurrently.
class KernelOperator {
 public:
  /// `a`, or the numbers of a MatrixSource, must outlive this object.
  KernelOperator(const KernelSource& a, double ridge);
  KernelOperator(const KernelOperator&) = delete;
  KernelOperator& operator=(const KernelOperator&) = delete;

  /// Valid during the lifetime of this object.
  [[nodiscard]] const widelimit_operator& abi() const noexcept { return table_; }
  /// Throws what a product has thrown and could not pass through the plugin, once.
  void rethrow();

 private:
  void multiply(const widelimit_matrix& x, const widelimit_matrix& y) const;
  void read_diagonal(double* out) const;
  template <class F>
  widelimit_status contain(F&& f) noexcept;

  std::optional<MatrixSource> in_memory_;
  const KernelSource* a_;
  double ridge_;
  widelimit_operator table_{};
  std::mutex mutex_;
  std::exception_ptr thrown_;
};

}  // namespace widelimit::detail
