// Compiles a graph to operations on fields.
#include "engine/spatial/spatial_program.hpp"

#include <widelimit/error.hpp>

#include "base/sizes.hpp"
#include "engine/spatial/window_map.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace widelimit::detail {

namespace {

bool has(std::uint64_t bits, std::uint64_t bit) { return (bits & bit) != 0; }

bool is_identity_layer(const Node& n) {
  return n.nature == WIDELIMIT_LINEAR && is_identity(n.linear);
}

const Node& node_of(const Graph& graph, int index) { return graph.nodes[to_size(index)]; }

class Compiler {
 public:
  explicit Compiler(const Graph& graph) : graph_(graph), readers_(graph.nodes.size()) {
    for (const Node& n : graph.nodes)
      for (const int i : n.inputs) ++readers_[to_size(i)];
    FieldOp data;
    data.image = Image(graph.nodes.front().shape);
    program_.ops.push_back(std::move(data));
    program_.channels = graph.nodes.front().shape.channels;
    program_.outputs.push_back({0, identity_map(graph.nodes.front().shape.n_spatial)});
  }

  SpatialProgram run() {
    for (std::size_t i = 1; i < graph_.nodes.size(); ++i) add_node(i);
    if (!problems_.empty()) throw Error(ErrorCode::usage, std::move(problems_));
    program_.result = output(graph_.output);
    for (const FieldOp& op : program_.ops)
      program_.levels = std::max(program_.levels, op.level + 1);
    return std::move(program_);
  }

 private:
  void add_problem(const Node& n, const std::string& message) {
    problems_.push_back(
        {{}, n.layer->place.line, n.layer->place.column, n.layer->place.pointer, message});
  }

  [[nodiscard]] const FieldOperand& output(int node) const {
    return program_.outputs[to_size(node)];
  }
  [[nodiscard]] const FieldOp& op(int index) const { return program_.ops[to_size(index)]; }

  int add_op(FieldOp o) {
    const bool gathers = o.kind == FieldOp::Kind::gather;
    for (const FieldOperand& in : o.inputs)
      o.level = std::max(o.level, op(in.op).level + (gathers ? 1 : 0));
    program_.ops.push_back(std::move(o));
    return static_cast<int>(program_.ops.size()) - 1;
  }

  // Appends an operation that applies the operand's pending map, if it has one.
  FieldOperand materialise(const FieldOperand& operand, const widelimit_shape& shape) {
    if (is_identity(operand.pending)) return operand;
    FieldOp map;
    map.kind = FieldOp::Kind::map;
    map.inputs = {operand};
    map.in_shape = {shape};
    map.image = Image(shape);
    return {add_op(std::move(map)), identity_map(shape.n_spatial)};
  }

  void add_node(std::size_t index) {
    const Node& n = graph_.nodes[index];
    const widelimit_shape& in_shape = node_of(graph_, n.inputs.front()).shape;
    if (n.shape.n_spatial != 0 && in_shape.n_spatial == 0)
      add_problem(n, "\"" + n.layer->type +
                         "\" turns an input without sites into one with sites, which kernels "
                         "cannot represent");
    if (n.nature == WIDELIMIT_LINEAR)
      add_linear(index);
    else if (has(n.traits, WIDELIMIT_TRAIT_FLATTENS) && in_shape.n_spatial == 0)
      program_.outputs.push_back(output(n.inputs.front()));  // one site is its own mean
    else
      add_layer(index);
  }

  void add_linear(std::size_t index) {
    const Node& n = graph_.nodes[index];
    FieldOperand operand = output(n.inputs.front());
    if (const auto both = compose(operand.pending, n.linear)) {
      operand.pending = *both;
    } else {
      operand = materialise(operand, node_of(graph_, n.inputs.front()).shape);
      operand.pending = n.linear;
    }
    // If several layers read a window, it is applied once.
    if (readers_[index] > 1 && !is_point_map(operand.pending))
      operand = materialise(operand, n.shape);
    program_.outputs.push_back(operand);
  }

  void add_layer(std::size_t index) {
    const Node& n = graph_.nodes[index];
    if (!is_supported(n)) {
      program_.outputs.push_back(output(0));
      return;
    }
    FieldOp o;
    o.kind = n.nature == WIDELIMIT_POINTWISE ? FieldOp::Kind::transform
             : n.nature == WIDELIMIT_STENCIL ? FieldOp::Kind::stencil
                                             : FieldOp::Kind::gather;
    o.node = &n;
    o.image = Image(n.shape);
    for (const int i : n.inputs) {
      const widelimit_shape& shape = node_of(graph_, i).shape;
      const FieldOperand& operand = output(i);
      const bool takes_map =
          n.nature == WIDELIMIT_POINTWISE && has(n.traits, WIDELIMIT_TRAIT_TAKES_PENDING) &&
          (is_point_map(operand.pending) || is_window_within(n.max_window, operand.pending));
      o.inputs.push_back(takes_map ? operand : materialise(operand, shape));
      o.in_shape.push_back(shape);
    }
    o.site_mean = has(n.traits, WIDELIMIT_TRAIT_NEEDS_SITE_MEAN);
    if (o.kind == FieldOp::Kind::transform &&
        (o.site_mean || has(n.traits, WIDELIMIT_TRAIT_NEEDS_VARIANCES)))
      o.variances = program_.variances++;
    const int at = add_op(std::move(o));
    program_.outputs.push_back({at, identity_map(n.shape.n_spatial)});
  }

  // Adds a problem if it returns false.
  bool is_supported(const Node& n) {
    const widelimit_infinite_face* face = n.layer->table->infinite;
    const bool mixes = n.nature != WIDELIMIT_POINTWISE, gathers = n.nature == WIDELIMIT_GATHERING;
    if (face == nullptr || (gathers ? face->accumulate == nullptr : face->transform == nullptr) ||
        (mixes && face->reads == nullptr)) {
      add_problem(n, "layer type \"" + n.layer->type + "\" offers no infinite-width limit");
      return false;
    }
    if (mixes && n.inputs.size() != 1) {
      add_problem(n,
                  "\"" + n.layer->type +
                      "\" mixes sites of several inputs, which this release does not support: join "
                      "them first (sum, concat)");
      return false;
    }
    if (mixes && has(n.traits, WIDELIMIT_TRAIT_NEEDS_VARIANCES | WIDELIMIT_TRAIT_NEEDS_SITE_MEAN)) {
      add_problem(n, "\"" + n.layer->type +
                         "\" mixes sites and reads variances, which this release does not support");
      return false;
    }
    return true;
  }

  const Graph& graph_;
  SpatialProgram program_;
  std::vector<int> readers_;  // number of readers of every node
  std::vector<Problem> problems_;
};

}  // namespace

const FieldOp& SpatialProgram::reader_of_variances(int index) const {
  return *std::find_if(ops.begin(), ops.end(),
                       [index](const FieldOp& op) { return op.variances == index; });
}

bool works_on_sites(const Graph& graph) {
  std::vector<bool> is_data(graph.nodes.size(), false);
  is_data.front() = true;
  for (std::size_t i = 1; i < graph.nodes.size(); ++i) {
    const Node& n = graph.nodes[i];
    const auto in = to_size(n.inputs.front());
    if (graph.nodes[in].shape.n_spatial == 0) continue;
    is_data[i] = is_data[in] && is_identity_layer(n);
    if (!is_data[i] && !(is_data[in] && has(n.traits, WIDELIMIT_TRAIT_FLATTENS))) return true;
  }
  return false;
}

SpatialProgram compile_spatial(const Graph& graph) { return Compiler(graph).run(); }

}  // namespace widelimit::detail
