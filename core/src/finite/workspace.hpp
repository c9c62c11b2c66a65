// Forward, reverse and tangent passes of one batch. All memory is allocated once.
#pragma once

#include "engine/grid/sample_rows.hpp"
#include "finite/state.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace widelimit::detail {

/// For one thread. The system provides pages on first use, so a workspace that runs only forward
/// passes uses half the memory of one that also runs reverse passes.
class Workspace {
 public:
  /// `rows`: the largest batch.
  Workspace(const FiniteNetwork::State& network, std::int64_t rows);
  ~Workspace();
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  /// Memory of a workspace for this number of rows, with or without reverse passes.
  [[nodiscard]] static std::int64_t bytes(const FiniteNetwork::State& network, std::int64_t rows,
                                          bool gradients) noexcept;
  [[nodiscard]] std::int64_t rows() const noexcept { return rows_; }
  /// Computes the outputs [x.count, outputs] of samples, which are valid until the next call.
  /// Copies samples that are not contiguous.
  const double* forward(const double* theta, const SampleRows<double>& x);
  /// Adds d(sum of y_bar times outputs) / d theta to theta_bar. Call forward() with the same theta
  /// and x first.
  void reverse(const double* theta, const double* y_bar, double* theta_bar);
  /// Computes the derivative of the outputs along theta_dot. Call forward() with the same theta and
  /// x first.
  const double* tangent(const double* theta, const double* theta_dot);

 private:
  struct Call;  // of one node
  struct AlignedDelete {
    void operator()(void* p) const noexcept;
  };
  [[nodiscard]] double* allocate(std::int64_t numbers);
  [[nodiscard]] const double* contiguous(const SampleRows<double>& x);

  const FiniteNetwork::State& network_;
  std::int64_t rows_, batch_ = 0;
  std::vector<std::unique_ptr<void, AlignedDelete>> memory_;
  double* input_ = nullptr;         // copy of samples that are not contiguous
  std::vector<const double*> y_;    // outputs of every node; y_[0] is the caller's input
  std::vector<double*> bar_, dot_;  // gradients and tangents of every node; NULL: not needed
  std::vector<Call> calls_;
};

}  // namespace widelimit::detail
