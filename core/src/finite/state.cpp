// From a planned graph to a network of finite width: who has parameters, and where they stand.
#include "finite/state.hpp"

#include <widelimit/error.hpp>

#include "boundary/layer.hpp"
#include "engine/network/network_state.hpp"
#include "text/numbers.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace widelimit {

namespace {

using State = FiniteNetwork::State;

// Numbers that the activations of one piece of a batch, with their gradients, may have: half of a
// common second-level cache. Measured on 112 samples through 512 units: 20 % over whole batches.
constexpr std::int64_t piece_numbers = 1 << 15;
// Where one sample is larger, or the parameters themselves do not fit, rows that keep matrix
// products efficient: each piece reads all parameters once.
constexpr std::int64_t least_rows = 16, least_rows_of_large = 256;
// Numbers beyond which memory counts more.
constexpr std::int64_t most_numbers = 1 << 25;

// Numbers beyond which no array can be: 2^47 bytes are a process's address space.
constexpr std::int64_t most_addressable = (std::int64_t{1} << 47) / sizeof(double);

// Numbers of a sample; more than `most_addressable` where they are that many.
std::int64_t values_of(const widelimit_shape& s) {
  std::int64_t n = s.channels;
  for (int a = 0; a < s.n_spatial; ++a)
    if (__builtin_mul_overflow(n, s.spatial[a], &n)) return most_addressable + 1;
  return n;
}

std::span<const std::int64_t> sites_of(const widelimit_shape& s) {
  return {s.spatial, static_cast<std::size_t>(s.n_spatial)};
}

// Collects every problem before anything is thrown.
class Builder {
 public:
  explicit Builder(State& state) : state_(state) {}

  void run() {
    const std::vector<detail::Node>& graph = state_.graph.nodes;
    state_.nodes.resize(graph.size());
    state_.output = state_.graph.output;
    state_.nodes[0].values = values_of(graph[0].shape);
    for (std::size_t i = 1; i < graph.size(); ++i) add(i);
    if (const detail::Node& last = graph[static_cast<std::size_t>(state_.output)];
        last.shape.n_spatial > 0 && last.layer != nullptr)
      problem(*last.layer,
              "the network ends with sites: put a flatten or global pooling layer before its end");
    if (!problems_.empty()) throw Error(ErrorCode::usage, std::move(problems_));
    state_.outputs = state_.nodes[static_cast<std::size_t>(state_.output)].values;
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
      const detail::Node& before = state_.graph.nodes[static_cast<std::size_t>(input)];
      node.in_shape.push_back(&before.shape);
      node.learns = node.learns || state_.nodes[static_cast<std::size_t>(input)].learns;
      known = known && before.shape.channels > 0;
    }
    node.values = values_of(planned.shape);
    state_.scratch_bytes = std::max(state_.scratch_bytes, planned.scratch_bytes);
    const bool weights = (planned.traits & WIDELIMIT_TRAIT_HAS_WEIGHTS) != 0;
    if (planned.shape.channels <= 0) {
      // What follows such a layer has no width either, and is not to blame.
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
                                  "\" has no finite width: its plugin offers the infinite limit "
                                  "alone. Leave out \"finite\", or use another layer");
      return;
    }
    if (node.values > most_addressable)
      problem(*planned.layer,
              "\"" + planned.layer->type + "\" has " +
                  detail::shape_text(sites_of(planned.shape), planned.shape.channels) +
                  " numbers for each sample, more than memory can be addressed: "
                  "make it smaller");
    else if (known)
      place_parameters(node);
  }

  void place_parameters(State::Node& node) {
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
      problem(layer, "\"" + layer.type + "\" misstates its parameters: a bug of its plugin");
      return;
    }
    if (node.size > most_addressable - state_.parameters) {
      problem(layer, "with \"" + layer.type +
                         "\" the network has more parameters than memory can "
                         "be addressed (" +
                         std::to_string(state_.parameters) + " before it, " +
                         std::to_string(node.size) + " of its own): make it narrower");
      return;
    }
    node.offset = state_.parameters;
    state_.parameters += node.size;
    if (node.size == 0) return;
    node.learns = true;
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

std::int64_t FiniteNetwork::State::rows_at_once(std::int64_t n) const noexcept {
  std::int64_t sample = 1;
  for (const Node& node : nodes) sample += (node.learns ? 2 : 1) * node.values;
  const std::int64_t wished = std::max(
      piece_numbers / sample, parameters > piece_numbers ? least_rows_of_large : least_rows);
  const std::int64_t most = std::max<std::int64_t>(1, std::min(wished, most_numbers / sample));
  const std::int64_t pieces = std::max<std::int64_t>(1, (n + most - 1) / most);
  return std::max<std::int64_t>(1, (n + pieces - 1) / pieces);
}

void FiniteNetwork::State::check_samples(const SamplesView& x) const {
  if (x.shape() == shape) return;
  throw Error(ErrorCode::usage, "the network was made for samples of " + shape.text() +
                                    " numbers, these are of " + x.shape().text());
}

void FiniteNetwork::State::check_parameters(std::size_t count) const {
  if (static_cast<std::int64_t>(count) == parameters) return;
  throw Error(ErrorCode::usage, "the network has " + std::to_string(parameters) +
                                    " parameters, not " + std::to_string(count));
}

}  // namespace widelimit
