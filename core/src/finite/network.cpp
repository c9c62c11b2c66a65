// FiniteNetwork: parameters, outputs and derivatives.
#include <widelimit/error.hpp>
#include <widelimit/finite.hpp>

#include "base/sizes.hpp"
#include "base/work_done.hpp"
#include "boundary/layer.hpp"
#include "engine/grid/sample_rows.hpp"
#include "execution/blas.hpp"
#include "finite/passes.hpp"
#include "finite/state.hpp"
#include "random/random.hpp"
#include "text/numbers.hpp"

#include <algorithm>
#include <string>

namespace widelimit {

const std::vector<FiniteNetwork::Block>& FiniteNetwork::blocks() const noexcept {
  return state_->blocks;
}
std::int64_t FiniteNetwork::parameter_count() const noexcept { return state_->parameters; }
std::int64_t FiniteNetwork::outputs() const noexcept { return state_->outputs; }

Memory FiniteNetwork::training_memory(std::int64_t members, std::int64_t batch,
                                      std::int64_t evaluated) const {
  constexpr std::int64_t vectors = 3;  // parameters, gradient, velocity
  const std::int64_t member =
      vectors * state_->parameters * static_cast<std::int64_t>(sizeof(double)) +
      detail::GradientPasses::bytes(*state_, batch);
  return {members * member + detail::ForwardPasses::bytes(*state_, evaluated, members), 0};
}

std::vector<double> FiniteNetwork::init(std::uint64_t seed, Control* control) const {
  detail::WorkDone done(control, "init", state_->parameters);
  std::vector<double> theta(to_size(state_->parameters));
  for (std::size_t i = 1; i < state_->nodes.size(); ++i) {
    const State::Node& node = state_->nodes[i];
    if (node.size == 0) continue;
    done.check();
    const detail::Layer& layer = *node.layer;
    widelimit_init draw{};
    draw.struct_size = sizeof draw;
    draw.n_inputs = static_cast<std::uint32_t>(node.in_shape.size());
    draw.in_shape = node.in_shape.data();
    draw.seed = detail::derive_seed(seed, i, 0);
    draw.theta_size = node.size;
    draw.theta = theta.data() + node.offset;
    detail::call_layer(layer, [&](const widelimit_layer* object, widelimit_error* error) {
      return node.face->init(object, &draw, error);
    });
    done.add(node.size);
  }
  return theta;
}

Matrix FiniteNetwork::forward(std::span<const double> theta, const SamplesView& x,
                              Control* control) const {
  state_->check_parameters(theta.size());
  state_->check_samples(x);
  const detail::InPrecision<double> values(x);
  Matrix y = Matrix::uninitialized(x.count(), state_->outputs);
  detail::WorkDone done(control, "forward", x.count());
  detail::ForwardPasses(*state_, control)
      .run(theta.data(), values.rows(),
           [&](std::int64_t first, std::int64_t rows, const double* out) {
             std::copy_n(out, rows * state_->outputs, y.row(first).data());
             done.add(rows);
           });
  return y;
}

Matrix FiniteNetwork::jvp(std::span<const double> theta, std::span<const double> theta_dot,
                          const SamplesView& x, Control* control) const {
  state_->check_parameters(theta.size());
  state_->check_parameters(theta_dot.size());
  state_->check_samples(x);
  const detail::InPrecision<double> values(x);
  Matrix y_dot = Matrix::uninitialized(x.count(), state_->outputs);
  detail::WorkDone done(control, "jvp", x.count());
  state_->executor().parallel_for(
      x.count(), state_->rows_per_piece(x.count()), [&](std::int64_t begin, std::int64_t end) {
        done.check();
        const detail::TilePhase phase;
        detail::Workspace workspace(*state_, end - begin);
        workspace.forward(theta.data(), values.rows().part(begin, end - begin));
        const double* const out = workspace.tangent(theta.data(), theta_dot.data());
        std::copy_n(out, (end - begin) * state_->outputs, y_dot.row(begin).data());
        done.add(end - begin);
      });
  return y_dot;
}

std::vector<double> FiniteNetwork::vjp(std::span<const double> theta, const SamplesView& x,
                                       const Matrix& y_bar, Control* control) const {
  state_->check_parameters(theta.size());
  state_->check_samples(x);
  if (y_bar.rows() != x.count() || y_bar.cols() != state_->outputs)
    throw Error(ErrorCode::usage, "y_bar is " + detail::shape_text(y_bar.rows(), y_bar.cols()) +
                                      "; expected " +
                                      detail::shape_text(x.count(), state_->outputs));
  const detail::InPrecision<double> values(x);
  std::vector<double> gradient(theta.size());
  detail::WorkDone done(control, "vjp", x.count());
  detail::GradientPasses passes(*state_, x.count(), control);
  passes.run(
      theta.data(), values.rows(),
      [&](std::int64_t first, std::int64_t rows, const double*, double* out) {
        std::copy_n(y_bar.row(first).data(), rows * state_->outputs, out);
        return 0.0;
      },
      gradient.data(), &done);
  return gradient;
}

}  // namespace widelimit
