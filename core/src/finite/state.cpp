// Builds a network of finite width from a planned graph and assigns parameters to layers.
#include "finite/state.hpp"

#include <widelimit/error.hpp>

#include "base/sizes.hpp"
#include "boundary/layer.hpp"
#include "engine/network/network_state.hpp"
#include "text/numbers.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace widelimit {

namespace {

using State = FiniteNetwork::State;

// The largest number of activations and gradients of one piece of a batch: half of a common
// second-level cache. Measured with 112 samples and 512 units: 20 % faster than whole batches.
constexpr std::int64_t piece_numbers = 1 << 15;
// The least number of rows for efficient matrix products if one sample is larger than a piece, or
// if the parameters do not fit in cache: each piece reads all parameters once.
constexpr std::int64_t least_rows = 16, least_rows_of_large = 256;
// The most numbers of a piece in any case, to limit memory.
constexpr std::int64_t most_numbers = 1 << 25;

// The most numbers of an array: the address space of a process has 2^47 bytes.
constexpr std::int64_t most_addressable = (std::int64_t{1} << 47) / sizeof(double);

// The number of values of a sample; more than `most_addressable` on overflow.
std::int64_t values_of(const widelimit_shape& s) {
  std::int64_t n = s.channels;
  for (int a = 0; a < s.n_spatial; ++a)
    if (__builtin_mul_overflow(n, s.spatial[a], &n)) return most_addressable + 1;
  return n;
}

std::span<const std::int64_t> sites_of(const widelimit_shape& s) {
  return {s.spatial, to_size(s.n_spatial)};
}

// Collects all problems before it throws.
class Builder {
 public:
  explicit Builder(State& state) : state_(state) {}

  void run() {
    const std::vector<detail::Node>& graph = state_.graph.nodes;
    state_.nodes.resize(graph.size());
    state_.output = state_.graph.output;
    state_.nodes[0].values = values_of(graph[0].shape);
    for (std::size_t i = 1; i < graph.size(); ++i) add(i);
    if (const detail::Node& last = graph[to_size(state_.output)];
        last.shape.n_spatial > 0 && last.layer != nullptr)
      problem(*last.layer,
              "the network ends with sites: put a flatten or global pooling layer before its end");
    if (!problems_.empty()) throw Error(ErrorCode::usage, std::move(problems_));
    state_.outputs = state_.nodes[to_size(state_.output)].values;
  }

 private:
  void problem(const detail::Layer& layer, const std::string& message,
               const std::string& pointer = {}) {
    problems_.push_back({{},
                         layer.place.line,
                         layer.place.column,
                         pointer.empty() ? layer.place.pointer : pointer,
                         message});
  }

  void add(std::size_t i) {
    const detail::Node& planned = state_.graph.nodes[i];
    State::Node& node = state_.nodes[i];
    node.layer = planned.layer;
    node.inputs = planned.inputs;
    node.out_shape = &planned.shape;
    bool known = true;
    for (const int input : planned.inputs) {
      const detail::Node& before = state_.graph.nodes[to_size(input)];
      node.in_shape.push_back(&before.shape);
      node.has_gradient = node.has_gradient || state_.nodes[to_size(input)].has_gradient;
      known = known && before.shape.channels > 0;
    }
    node.values = values_of(planned.shape);
    state_.scratch_bytes = std::max(state_.scratch_bytes, planned.scratch_bytes);
    const bool weights = (planned.traits & WIDELIMIT_TRAIT_HAS_WEIGHTS) != 0;
    if (planned.shape.channels <= 0) {
      // Layers after one without a width have no width either; only the first is a problem.
      if (weights || known)
        problem(*planned.layer, "\"" + planned.layer->type +
                                    "\" needs a width in a finite network: write its \"" +
                                    (planned.shape.n_spatial > 0 ? "channels" : "width") + "\"");
      return;
    }
    node.face = planned.layer->table->finite;
    if (node.face == nullptr || node.face->forward == nullptr || node.face->jvp == nullptr ||
        node.face->vjp == nullptr) {
      problem(*planned.layer, "\"" + planned.layer->type +
                                  "\" has no finite width: its plugin offers only the infinite "
                                  "limit. Remove \"finite\", or use another layer");
      return;
    }
    if (node.values > most_addressable)
      problem(*planned.layer,
              "\"" + planned.layer->type + "\" has " +
                  detail::shape_text(sites_of(planned.shape), planned.shape.channels) +
                  " numbers for each sample, more than the address space "
                  "holds: make it smaller");
    else if (known)
      assign_parameters(node);
  }

  void assign_parameters(State::Node& node) {
    const detail::Layer& layer = *node.layer;
    if (node.face->theta_size != nullptr) try {
        detail::call_layer_setup(layer, [&](const widelimit_layer* object, widelimit_error* error) {
          return node.face->theta_size(object, static_cast<std::uint32_t>(node.in_shape.size()),
                                       node.in_shape.data(), &node.size, error);
        });
      } catch (const Error& e) {
        problem(layer, e.what(), e.pointer());
        return;
      }
    if (node.size < 0 || (node.size > 0 && node.face->init == nullptr)) {
      problem(layer,
              "\"" + layer.type + "\" states its parameters incorrectly: a bug of its plugin");
      return;
    }
    if (node.size > most_addressable - state_.parameters) {
      problem(layer, "with \"" + layer.type +
                         "\" the network has more parameters than the address space "
                         "holds (" +
                         std::to_string(state_.parameters) + " before it, " +
                         std::to_string(node.size) + " of its own): make it narrower");
      return;
    }
    node.offset = state_.parameters;
    state_.parameters += node.size;
    if (node.size == 0) return;
    node.has_gradient = true;
    state_.blocks.push_back({layer.place.pointer, layer.type, layer.name, node.offset, node.size});
  }

  State& state_;
  std::vector<Problem> problems_;
};

}  // namespace

FiniteNetwork::FiniteNetwork(const Network& network, const SampleShape& shape) {
  const auto state = std::make_shared<State>(State{
      network, detail::plan_graph(network.state().layers(), shape), {}, 0, {}, shape, 0, 0, 0});
  Builder(*state).run();
  state_ = state;
}

detail::Executor& FiniteNetwork::State::executor() const noexcept {
  return network.state().executor();
}

std::int64_t FiniteNetwork::State::rows_per_piece(std::int64_t n) const noexcept {
  std::int64_t sample = 1;
  for (const Node& node : nodes) sample += (node.has_gradient ? 2 : 1) * node.values;
  const std::int64_t target = std::max(
      piece_numbers / sample, parameters > piece_numbers ? least_rows_of_large : least_rows);
  const std::int64_t most = std::max<std::int64_t>(1, std::min(target, most_numbers / sample));
  const std::int64_t pieces = std::max<std::int64_t>(1, (n + most - 1) / most);
  return std::max<std::int64_t>(1, (n + pieces - 1) / pieces);
}

void FiniteNetwork::State::check_samples(const SamplesView& x) const {
  if (x.shape() == shape) return;
  throw Error(ErrorCode::usage, "the network was made for samples of " + shape.text() +
                                    " numbers, but these samples are of " + x.shape().text());
}

void FiniteNetwork::State::check_parameters(std::size_t count) const {
  if (static_cast<std::int64_t>(count) == parameters) return;
  throw Error(ErrorCode::usage, "the network has " + std::to_string(parameters) +
                                    " parameters, not " + std::to_string(count));
}

}  // namespace widelimit
