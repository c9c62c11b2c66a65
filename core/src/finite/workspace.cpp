// The passes of a batch: calls the finite functions of the layers in order.
#include "finite/workspace.hpp"

#include <widelimit/error.hpp>

#include "base/sizes.hpp"
#include "boundary/layer.hpp"

#include <algorithm>
#include <cstddef>
#include <new>
#include <string>

namespace widelimit::detail {

namespace {

constexpr std::align_val_t alignment{64};

using Function = widelimit_status (*)(const widelimit_layer*, const widelimit_pass*,
                                      widelimit_error*);

}  // namespace

// The pass struct of one node and the arrays that it points to.
struct Workspace::Call {
  const FiniteNetwork::State::Node* node = nullptr;
  widelimit_pass pass{};
  std::vector<const double*> x, x_dot;
  std::vector<double*> x_bar;

  void run(Function function) const {
    call_layer(*node->layer, [&](const widelimit_layer* object, widelimit_error* error) {
      return function(object, &pass, error);
    });
  }
};

void Workspace::AlignedDelete::operator()(void* p) const noexcept {
  ::operator delete(p, alignment);
}

double* Workspace::allocate(std::int64_t numbers) {
  const std::size_t bytes = std::max<std::size_t>(to_size(numbers) * sizeof(double), 1);
  void* const p = ::operator new(bytes, alignment, std::nothrow);
  if (p == nullptr)
    throw Error(ErrorCode::memory, "not enough memory for the activations of " +
                                       std::to_string(rows_) + " samples (" +
                                       std::to_string(bytes) + " bytes)");
  memory_.emplace_back(p);
  return static_cast<double*>(p);
}

Workspace::Workspace(const FiniteNetwork::State& network, std::int64_t rows)
    : network_(network),
      rows_(rows),
      y_(network.nodes.size()),
      bar_(network.nodes.size()),
      dot_(network.nodes.size()),
      calls_(network.nodes.size()) {
  void* const scratch =
      allocate(static_cast<std::int64_t>(network.scratch_bytes / sizeof(double)) + 1);
  for (std::size_t i = 1; i < calls_.size(); ++i) {
    const FiniteNetwork::State::Node& node = network.nodes[i];
    Call& call = calls_[i];
    call.node = &node;
    y_[i] = allocate(node.values * rows);
    if (node.has_gradient) {
      if (static_cast<int>(i) != network.output) bar_[i] = allocate(node.values * rows);
    }
    for (const int input : node.inputs) {
      call.x.push_back(y_[to_size(input)]);
      call.x_bar.push_back(bar_[to_size(input)]);
    }
    call.x_dot.resize(call.x.size());
    widelimit_pass& p = call.pass;
    p.struct_size = sizeof p;
    p.n_inputs = static_cast<std::uint32_t>(node.inputs.size());
    p.in_shape = node.in_shape.data();
    p.out_shape = node.out_shape;
    p.theta_size = node.size;
    p.scratch = scratch;
  }
}

Workspace::~Workspace() = default;

std::int64_t Workspace::bytes(const FiniteNetwork::State& network, std::int64_t rows,
                              bool gradients) noexcept {
  std::int64_t sample = 0;
  for (std::size_t i = 1; i < network.nodes.size(); ++i)
    sample += (gradients && network.nodes[i].has_gradient ? 2 : 1) * network.nodes[i].values;
  return sample * rows * static_cast<std::int64_t>(sizeof(double)) +
         static_cast<std::int64_t>(network.scratch_bytes);
}

const double* Workspace::contiguous(const SampleRows<double>& x) {
  if (x.stride == x.features || x.count <= 1) return x.numbers;
  if (input_ == nullptr) input_ = allocate(rows_ * x.features);
  for (std::int64_t i = 0; i < x.count; ++i)
    std::copy_n(x.row(i), x.features, input_ + i * x.features);
  return input_;
}

const double* Workspace::forward(const double* theta, const SampleRows<double>& x) {
  batch_ = x.count;
  y_[0] = contiguous(x);
  for (std::size_t i = 1; i < calls_.size(); ++i) {
    Call& call = calls_[i];
    for (std::size_t b = 0; b < call.x.size(); ++b) call.x[b] = y_[to_size(call.node->inputs[b])];
    widelimit_pass& p = call.pass;
    p.batch = batch_;
    p.theta = call.node->size > 0 ? theta + call.node->offset : nullptr;
    p.x = call.x.data();
    p.y = const_cast<double*>(y_[i]);
    call.run(call.node->face->forward);
    p.y = nullptr;
  }
  return y_[to_size(network_.output)];
}

void Workspace::reverse(const double* theta, const double* y_bar, double* theta_bar) {
  for (std::size_t i = 1; i < calls_.size(); ++i)
    if (bar_[i] != nullptr) std::fill_n(bar_[i], calls_[i].node->values * batch_, 0.0);
  for (std::size_t i = calls_.size(); i-- > 1;) {
    Call& call = calls_[i];
    if (!call.node->has_gradient) continue;
    widelimit_pass& p = call.pass;
    p.theta = call.node->size > 0 ? theta + call.node->offset : nullptr;
    p.theta_bar = call.node->size > 0 ? theta_bar + call.node->offset : nullptr;
    p.y_bar = static_cast<int>(i) == network_.output ? y_bar : bar_[i];
    p.x_bar = call.x_bar.data();
    call.run(call.node->face->vjp);
    p.theta_bar = nullptr;
    p.y_bar = nullptr;
    p.x_bar = nullptr;
  }
}

const double* Workspace::tangent(const double* theta, const double* theta_dot) {
  if (dot_[0] == nullptr) {
    // The derivative of the input is zero.
    for (std::size_t i = 0; i < dot_.size(); ++i)
      dot_[i] = allocate(network_.nodes[i].values * rows_);
    std::fill_n(dot_[0], network_.nodes[0].values * rows_, 0.0);
  }
  for (std::size_t i = 1; i < calls_.size(); ++i) {
    Call& call = calls_[i];
    for (std::size_t b = 0; b < call.x.size(); ++b)
      call.x_dot[b] = dot_[to_size(call.node->inputs[b])];
    widelimit_pass& p = call.pass;
    const bool has_parameters = call.node->size > 0;
    p.theta = has_parameters ? theta + call.node->offset : nullptr;
    p.theta_dot = has_parameters ? theta_dot + call.node->offset : nullptr;
    p.x_dot = call.x_dot.data();
    p.y_dot = dot_[i];
    call.run(call.node->face->jvp);
    p.theta_dot = nullptr;
    p.x_dot = nullptr;
    p.y_dot = nullptr;
  }
  return dot_[to_size(network_.output)];
}

}  // namespace widelimit::detail
