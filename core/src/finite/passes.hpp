// Runs whole sets of samples through a network: in pieces that fit in cache, on the runtime's
// threads, with results that do not depend on the number of threads.
#pragma once

#include "base/work_done.hpp"
#include "engine/grid/sample_rows.hpp"
#include "finite/state.hpp"
#include "finite/workspace.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace widelimit::detail {

/// Computes outputs of sets of samples. The memory for sets of one piece is kept, so that small
/// sets can be evaluated after every step of training.
class ForwardPasses {
 public:
  /// `control`, which may be NULL, is checked before each piece.
  ForwardPasses(const FiniteNetwork::State& network, const Control* control)
      : network_(network), control_(control) {}
  /// Memory for sets of n samples where so many run at once.
  [[nodiscard]] static std::int64_t bytes(const FiniteNetwork::State& network, std::int64_t n,
                                          std::int64_t runs);

  /// Computes the outputs of x and calls consume(first, rows, outputs) for each piece, from several
  /// threads if there are several pieces.
  using Consumer = std::function<void(std::int64_t, std::int64_t, const double*)>;
  void run(const double* theta, const SampleRows<double>& x, const Consumer& consume);

 private:
  const FiniteNetwork::State& network_;
  const Control* control_;
  std::unique_ptr<Workspace> workspace_;
};

/// Computes gradients of sums over samples. Allocates memory in the constructor only. Pieces are
/// distributed to a fixed number of groups. Each group has its own sum, and the sums are added in
/// order.
class GradientPasses {
 public:
  /// `n`: the largest batch. `control`, which may be NULL, is checked before each piece.
  GradientPasses(const FiniteNetwork::State& network, std::int64_t n, const Control* control);
  [[nodiscard]] static std::int64_t bytes(const FiniteNetwork::State& network, std::int64_t n);

  /// gradient = d / d theta of the sum of y_bar times outputs. `y_bar_of(first, rows, outputs,
  /// y_bar)` fills in y_bar [rows, outputs] of a piece and returns what is to be summed of it; the
  /// sum over all pieces is returned. Called from several threads for large networks. `samples`,
  /// which may be NULL, counts those that have gone forth and back.
  using OutputGradient = std::function<double(std::int64_t, std::int64_t, const double*, double*)>;
  double run(const double* theta, const SampleRows<double>& x, const OutputGradient& y_bar_of,
             double* gradient, WorkDone* samples = nullptr);

 private:
  struct Group {
    std::unique_ptr<Workspace> workspace;
    std::vector<double> y_bar, gradient;  // the first group uses the caller's gradient
  };

  const FiniteNetwork::State& network_;
  const Control* control_;
  std::vector<Group> groups_;
  std::vector<double> sums_;  // results of y_bar_of for each piece
};

}  // namespace widelimit::detail
