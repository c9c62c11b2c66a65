// See passes.hpp.
#include "finite/passes.hpp"

#include "base/sizes.hpp"
#include "execution/blas.hpp"

#include <algorithm>

namespace widelimit::detail {

namespace {

// A second thread pays off for gradients of at least this many multiplications.
constexpr std::int64_t work_for_threads = 1 << 24;
constexpr std::int64_t most_groups = 8;
constexpr std::int64_t most_gradient_numbers = 1 << 24;  // in the sums of all groups

std::int64_t groups_for(const FiniteNetwork::State& network, std::int64_t n) {
  const std::int64_t parameters = std::max<std::int64_t>(network.parameters, 1);
  const std::int64_t pieces = (n + network.rows_per_piece(n) - 1) / network.rows_per_piece(n);
  if (n < work_for_threads / parameters) return 1;
  return std::clamp(std::min(most_gradient_numbers / parameters, pieces), std::int64_t{1},
                    most_groups);
}

void check(const Control* control) {
  if (control != nullptr) control->check();
}

}  // namespace

std::int64_t ForwardPasses::bytes(const FiniteNetwork::State& network, std::int64_t n,
                                  std::int64_t runs) {
  if (n == 0) return 0;
  const std::int64_t rows = network.rows_per_piece(n), pieces = (n + rows - 1) / rows;
  const std::int64_t workspaces =
      pieces == 1 ? runs : std::min<std::int64_t>(runs * pieces, network.executor().threads());
  return workspaces * Workspace::bytes(network, rows, false);
}

std::int64_t GradientPasses::bytes(const FiniteNetwork::State& network, std::int64_t n) {
  const std::int64_t groups = groups_for(network, n);
  return groups * Workspace::bytes(network, network.rows_per_piece(n), true) +
         (groups - 1) * network.parameters * static_cast<std::int64_t>(sizeof(double));
}

void ForwardPasses::run(const double* theta, const SampleRows<double>& x, const Consumer& consume) {
  const std::int64_t n = x.count;
  const std::int64_t rows = network_.rows_per_piece(n);
  if (n <= rows) {
    check(control_);
    const TilePhase phase;
    if (workspace_ == nullptr || workspace_->rows() < n)
      workspace_ = std::make_unique<Workspace>(network_, n);
    consume(0, n, workspace_->forward(theta, x));
    return;
  }
  network_.executor().parallel_for(n, rows, [&](std::int64_t begin, std::int64_t end) {
    check(control_);
    const TilePhase phase;
    Workspace workspace(network_, end - begin);
    consume(begin, end - begin, workspace.forward(theta, x.part(begin, end - begin)));
  });
}

GradientPasses::GradientPasses(const FiniteNetwork::State& network, std::int64_t n,
                               const Control* control)
    : network_(network), control_(control), groups_(to_size(groups_for(network, n))) {
  const std::int64_t rows = network.rows_per_piece(n);
  sums_.resize(to_size((n + rows - 1) / rows));
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    groups_[g].workspace = std::make_unique<Workspace>(network, rows);
    groups_[g].y_bar.resize(to_size(rows * network.outputs));
    if (g > 0) groups_[g].gradient.resize(to_size(network.parameters));
  }
}

double GradientPasses::run(const double* theta, const SampleRows<double>& x,
                           const OutputGradient& y_bar_of, double* gradient, WorkDone* samples) {
  const std::int64_t n = x.count;
  const std::int64_t rows = groups_.front().workspace->rows();
  const std::int64_t pieces = (n + rows - 1) / rows;
  const auto groups = static_cast<std::int64_t>(groups_.size());
  const auto work = [&](std::int64_t g) {
    Group& group = groups_[to_size(g)];
    double* const sum = g == 0 ? gradient : group.gradient.data();
    std::fill_n(sum, network_.parameters, 0.0);
    for (std::int64_t p = g; p < pieces; p += groups) {
      check(control_);
      const std::int64_t first = p * rows, count = std::min(rows, n - first);
      const double* const y = group.workspace->forward(theta, x.part(first, count));
      sums_[to_size(p)] = y_bar_of(first, count, y, group.y_bar.data());
      group.workspace->reverse(theta, group.y_bar.data(), sum);
      if (samples != nullptr) samples->add(count);
    }
  };
  if (groups == 1) {
    const TilePhase phase;
    work(0);
  } else {
    network_.executor().parallel_for(groups, 1, [&](std::int64_t begin, std::int64_t end) {
      const TilePhase phase;
      for (std::int64_t g = begin; g < end; ++g) work(g);
    });
    for (std::size_t g = 1; g < groups_.size(); ++g)
      for (std::int64_t i = 0; i < network_.parameters; ++i)
        gradient[i] += groups_[g].gradient[to_size(i)];
  }
  double total = 0;
  for (std::int64_t p = 0; p < pieces; ++p) total += sums_[to_size(p)];
  return total;
}

}  // namespace widelimit::detail
