// Compiles a graph to steps: folds linear layers and assigns buffers.
#include "engine/dense/program.hpp"

#include <widelimit/error.hpp>

#include "base/sizes.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace widelimit::detail {

namespace {

class Compiler {
 public:
  explicit Compiler(const Graph& graph) : graph_(graph), readers_(graph.nodes.size()) {
    program_.outputs.resize(graph.nodes.size());
    for (const Node& n : graph.nodes)
      for (const int i : n.inputs) ++readers_[to_size(i)];
    ++readers_[to_size(graph.output)];
    in_use_.push_back(readers_[0]);
  }

  Program run() {
    for (std::size_t i = 1; i < graph_.nodes.size(); ++i) add_node(i);
    if (!problems_.empty()) throw Error(ErrorCode::usage, std::move(problems_));
    program_.result = output(graph_.output).value;
    program_.buffers = static_cast<int>(in_use_.size());
    return std::move(program_);
  }

 private:
  void add_problem(const Node& n, const std::string& message) {
    problems_.push_back(
        {{}, n.layer->place.line, n.layer->place.column, n.layer->place.pointer, message});
  }

  void add_node(std::size_t index) {
    const Node& n = graph_.nodes[index];
    Output first = output(n.inputs.front());
    if (n.nature == WIDELIMIT_LINEAR) {
      const widelimit_linear& l = n.linear;
      PointMap& pending = first.value.pending;
      pending = compose(pending, {l.scale, l.bias, l.ntk_nngp, l.ntk_bias});
      forward_input(index, first);
    } else if ((n.traits & WIDELIMIT_TRAIT_FLATTENS) != 0) {
      // Flatten averages over sites. The Gram product is already that average over all features.
      forward_input(index, first);
    } else if (n.nature == WIDELIMIT_POINTWISE) {
      add_step(index);
    } else {
      add_problem(n, "\"" + n.layer->type + "\" mixes sites, but its input has none");
    }
  }

  // A folded layer has no buffer of its own: its readers read the buffer of its input.
  void forward_input(std::size_t index, const Output& o) {
    program_.outputs[index] = o;
    in_use_[to_size(o.value.buffer)] += readers_[index] - 1;
  }

  [[nodiscard]] const Output& output(int node) const { return program_.outputs[to_size(node)]; }

  void add_step(std::size_t index) {
    const Node& n = graph_.nodes[index];
    const widelimit_infinite_face* face = n.layer->table->infinite;
    if (face == nullptr || face->transform == nullptr)
      return add_problem(n, "layer type \"" + n.layer->type + "\" offers no infinite-width limit");
    if ((n.traits & WIDELIMIT_TRAIT_TAKES_PENDING) == 0)
      return add_problem(n, "layer type \"" + n.layer->type +
                                "\" does not apply pending maps, which this release requires of "
                                "pointwise layers");
    Step step;
    step.node = &n;
    for (const int i : n.inputs) {
      const Operand& v = output(i).value;
      step.inputs.push_back(v);
      step.pending.push_back(to_abi(v.pending));
      step.in_shape.push_back(graph_.nodes[to_size(i)].shape);
    }
    if ((n.traits & (WIDELIMIT_TRAIT_NEEDS_VARIANCES | WIDELIMIT_TRAIT_NEEDS_SITE_MEAN)) != 0)
      step.variances = program_.variances++;
    // Claims the output before it releases the inputs: only inputs[0] may be overwritten.
    const Operand& in = step.inputs.front();
    const auto reads = std::count_if(step.inputs.begin(), step.inputs.end(),
                                     [&](const Operand& v) { return v.buffer == in.buffer; });
    const bool in_place = reads == 1 && in.buffer != 0 && in_use_[to_size(in.buffer)] == 1;
    step.output = in_place ? in.buffer : claim();
    for (const Operand& v : step.inputs) --in_use_[to_size(v.buffer)];
    in_use_[to_size(step.output)] = readers_[index];
    program_.outputs[index] = {{step.output, {}}, static_cast<int>(program_.steps.size())};
    program_.scratch_bytes = std::max(program_.scratch_bytes, n.scratch_bytes);
    program_.steps.push_back(std::move(step));
  }

  int claim() {
    for (std::size_t b = 1; b < in_use_.size(); ++b)
      if (in_use_[b] == 0) return static_cast<int>(b);
    in_use_.push_back(0);
    return static_cast<int>(in_use_.size()) - 1;
  }

  const Graph& graph_;
  Program program_;
  std::vector<int> readers_;  // number of readers of every node
  std::vector<int> in_use_;   // number of remaining reads of every buffer
  std::vector<Problem> problems_;
};

}  // namespace

Program compile(const Graph& graph) { return Compiler(graph).run(); }

}  // namespace widelimit::detail
