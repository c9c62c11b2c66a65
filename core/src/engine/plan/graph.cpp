// Plans a network: every layer computes its output shape from its inputs' shapes, and core checks
// the rules that need the whole network (which layers precede, which inputs are independent).
#include "engine/plan/graph.hpp"

#include <widelimit/error.hpp>
#include <widelimit/examine/plan.hpp>

#include "base/sizes.hpp"
#include "engine/plan/image.hpp"
#include "text/names.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace widelimit::detail {

namespace {

constexpr bool has(std::uint64_t bits, std::uint64_t bit) { return (bits & bit) != 0; }

// Numbers that a process can address: 2^47 bytes.
constexpr std::int64_t most_numbers = std::int64_t{1} << 44;

// What the boundary has room for, and what the engine counts with: displacements are 32-bit.
void require_possible(const SampleShape& shape) {
  constexpr std::int64_t most_sites_an_axis = std::int64_t{1} << 30;
  std::string problem;
  if (shape.sites.size() > max_axes)
    problem = "a network takes at most " + std::to_string(max_axes) + " axes of sites";
  else if (shape.channels < 0 || std::any_of(shape.sites.begin(), shape.sites.end(),
                                             [](std::int64_t n) { return n < 1; }))
    problem = "every axis needs at least one number";
  else if (shape.features() > most_numbers ||
           std::any_of(shape.sites.begin(), shape.sites.end(),
                       [](std::int64_t n) { return n > most_sites_an_axis; }))
    problem = "these are more numbers than fit into memory";
  if (!problem.empty())
    throw Error(ErrorCode::usage, "samples of " + shape.text() + " numbers: " + problem);
}

widelimit_shape input_shape(const SampleShape& shape) {
  widelimit_shape s{};
  s.struct_size = sizeof s;
  s.channels = shape.channels;
  s.n_spatial = static_cast<std::int32_t>(shape.sites.size());
  for (std::size_t a = 0; a < 4; ++a) s.spatial[a] = a < shape.sites.size() ? shape.sites[a] : 1;
  return s;
}

widelimit_linear identity_map(std::int32_t rank) {
  widelimit_linear l{};
  l.struct_size = sizeof l;
  l.rank = rank;
  for (int a = 0; a < 4; ++a) l.window[a] = l.stride[a] = l.dilation[a] = 1;
  l.scale = 1;
  return l;
}

// A stride beyond the padded input reads the first site alone, as a stride of its whole length
// does. With that, no product of strides exceeds the sites of the first image.
void shorten_strides(widelimit_linear& map, const widelimit_shape& input) {
  for (int a = 0; a < map.rank; ++a)
    map.stride[a] = static_cast<std::int32_t>(
        std::min<std::int64_t>(map.stride[a], input.spatial[a] + map.pad_low[a] + map.pad_high[a]));
}

class Planner {
 public:
  explicit Planner(const SampleShape& shape) {
    Node input;
    input.shape = input_shape(shape);
    input.linear = identity_map(input.shape.n_spatial);
    graph_.nodes.push_back(input);
  }

  // Appends the layers after node `at` and sets `weights` if one of them has random weights.
  // Returns the last node, or -1 if a layer was refused: later layers then have no input shape.
  int append_chain(const std::vector<Layer>& layers, int at, int depth, bool& weights) {
    for (const Layer& layer : layers) {
      at = append_layer(layer, at, depth, weights);
      if (at < 0) break;
    }
    return at;
  }

  Graph finish(int output) {
    if (!problems_.empty()) throw Error(ErrorCode::usage, std::move(problems_));
    graph_.output = output;
    return std::move(graph_);
  }

 private:
  void add_problem(const Layer& layer, const std::string& message,
                   const std::string& pointer = {}) {
    problems_.push_back({{},
                         layer.place.line,
                         layer.place.column,
                         pointer.empty() ? layer.place.pointer : pointer,
                         message});
  }

  int append_layer(const Layer& layer, int at, int depth, bool& weights) {
    Node node;
    node.layer = &layer;
    node.depth = depth;
    const std::size_t n_inputs = std::max<std::size_t>(layer.inputs.size(), 1);
    if (n_inputs < layer.table->min_inputs ||
        (layer.table->max_inputs != 0 && n_inputs > layer.table->max_inputs)) {
      add_problem(layer, "\"" + layer.type + "\" does not take " + count_text(n_inputs, "input") +
                             "; `widelimit describe` shows how many it takes");
      return -1;
    }
    std::vector<bool> independent;
    if (layer.inputs.empty()) {
      node.inputs = {at};
      independent = {true};
    }
    bool refused = false;
    for (const auto& branch : layer.inputs) {
      bool branch_weights = false;
      const int end = append_chain(branch, at, depth + 1, branch_weights);
      refused = refused || end < 0;
      node.inputs.push_back(end);
      independent.push_back(branch_weights);
      weights = weights || branch_weights;
    }
    if (refused) return -1;

    std::vector<widelimit_shape> shapes;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      widelimit_shape s = graph_.nodes[to_size(node.inputs[i])].shape;
      s.flags &= ~static_cast<std::uint32_t>(WIDELIMIT_SHAPE_INDEPENDENT);
      if (independent[i]) s.flags |= WIDELIMIT_SHAPE_INDEPENDENT;
      shapes.push_back(s);
    }
    std::vector<const widelimit_shape*> pointers;
    for (const widelimit_shape& s : shapes) pointers.push_back(&s);
    node.shape = shapes.front();
    node.linear = identity_map(node.shape.n_spatial);

    widelimit_plan plan{};
    plan.struct_size = sizeof plan;
    const auto lend = [&] {
      plan.n_inputs = static_cast<std::uint32_t>(shapes.size());
      plan.inputs = pointers.data();
      plan.output = &node.shape;
      plan.linear = &node.linear;
    };
    lend();
    std::copy(node.max_window.begin(), node.max_window.end(), plan.max_window);
    try {
      call_layer_setup(layer, [&](const widelimit_layer* object, widelimit_error* error) {
        return layer.table->plan(object, &plan, error);
      });
    } catch (const Error& e) {
      add_problem(layer, e.what(), e.pointer());
      return -1;
    }
    lend();  // whatever the layer made of the pointers
    const widelimit_infinite_face* const face = layer.table->infinite;
    if (const std::string problem = problem_of_plan(face, plan); !problem.empty()) {
      add_problem(layer, "\"" + layer.type + "\" plans " + problem +
                             ": wrong parameters, or a bug of its plugin");
      return -1;
    }
    if (plan.nature == WIDELIMIT_LINEAR) shorten_strides(node.linear, shapes.front());
    node.shape.flags &= WIDELIMIT_SHAPE_GAUSSIAN;
    node.nature = plan.nature;
    node.traits = plan.traits;
    std::copy_n(plan.max_window, node.max_window.size(), node.max_window.begin());
    node.scratch_bytes = plan.scratch_bytes;
    node.flops_per_entry = plan.flops_per_entry;
    if (face != nullptr && face->site_terms != nullptr) node.n_site_terms = plan.n_site_terms;
    check_rules(layer, node, shapes, independent);
    weights = weights || has(node.traits, WIDELIMIT_TRAIT_HAS_WEIGHTS);
    graph_.nodes.push_back(std::move(node));
    return static_cast<int>(graph_.nodes.size()) - 1;
  }

  // Checks rules that a layer states and only core can check. A broken rule does not change shapes,
  // so planning continues and finds the next problem.
  void check_rules(const Layer& layer, const Node& node, const std::vector<widelimit_shape>& shapes,
                   const std::vector<bool>& independent) {
    if (has(node.traits, WIDELIMIT_TRAIT_NEEDS_GAUSSIAN))
      for (std::size_t i = 0; i < shapes.size(); ++i) {
        if (has(shapes[i].flags, WIDELIMIT_SHAPE_GAUSSIAN)) continue;
        const Node& before = graph_.nodes[to_size(node.inputs[i])];
        add_problem(layer, "\"" + layer.type + "\" needs a Gaussian input, and " +
                               (before.layer == nullptr
                                    ? "the data is not Gaussian"
                                    : "the output of \"" + before.layer->type + "\" is not") +
                               ": put a dense or conv layer between them");
        break;
      }
    if (has(node.traits, WIDELIMIT_TRAIT_NEEDS_INDEPENDENT) &&
        std::count(independent.begin(), independent.end(), false) > 1)
      add_problem(
          layer,
          "the inputs of \"" + layer.type +
              "\" must be independent, but more than one of them has no random weights of its "
              "own: put a dense or conv layer into all but one of them");
  }

  Graph graph_;
  std::vector<Problem> problems_;
};

}  // namespace

Graph plan_graph(const std::vector<Layer>& layers, const SampleShape& shape) {
  require_possible(shape);
  Planner planner(shape);
  bool weights = false;
  const int output = planner.append_chain(layers, 0, 0, weights);
  return planner.finish(output);
}

}  // namespace widelimit::detail
