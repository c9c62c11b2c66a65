// One batch on its way through the network and back: all memory it needs, allocated once.
#pragma once

#include "engine/grid/sample_rows.hpp"
#include "finite/state.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace widelimit::detail {

/// For one thread. Buffers are touched when first used, so a workspace that only goes forward needs
/// half the memory of one that comes back.
class Workspace {
 public:
  /// `rows`: the largest batch.
  Workspace(const FiniteNetwork::State& network, std::int64_t rows);
  ~Workspace();
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  /// What one for so many rows uses, for gradients or on the way forth alone.
  [[nodiscard]] static std::int64_t bytes(const FiniteNetwork::State& network, std::int64_t rows,
                                          bool gradients) noexcept;
  [[nodiscard]] std::int64_t rows() const noexcept { return rows_; }
  /// The outputs [x.count, outputs] of samples; they stay until the next call. Layers read
  /// contiguous samples: others are copied first.
  const double* forward(const double* theta, const SampleRows<double>& x);
  /// After forward with the same theta and x: adds d(sum of y_bar times outputs) / d theta.
  void reverse(const double* theta, const double* y_bar, double* theta_bar);
  /// After forward with the same theta and x: the derivative of the outputs along theta_dot.
  const double* tangent(const double* theta, const double* theta_dot);

 private:
  struct Call;  // of one node
  struct Free {
    void operator()(void* p) const noexcept;
  };
  [[nodiscard]] double* allocate(std::int64_t numbers);
  [[nodiscard]] const double* contiguous(const SampleRows<double>& x);

  const FiniteNetwork::State& network_;
  std::int64_t rows_, batch_ = 0;
  std::vector<std::unique_ptr<void, Free>> memory_;
  double* input_ = nullptr;         // a copy of samples that are not contiguous
  std::vector<const double*> y_;    // of every node; of the input the caller's
  std::vector<double*> bar_, dot_;  // NULL: not wanted
  std::vector<Call> calls_;
};

}  // namespace widelimit::detail
