// Observes the samples with themselves, whose kernels are variances, and then their pair.
#include "engine/network/first_fault.hpp"

#include "engine/dense/tiles.hpp"
#include "engine/grid/buffer.hpp"
#include "engine/network/node_fields.hpp"
#include "engine/spatial/bundled_samples.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace widelimit::detail {

namespace {

// The faults of all nodes, in the order of the graph.
class Faults {
 public:
  explicit Faults(const Graph& graph) : graph_(graph), found_(graph.nodes.size()) {}

  template <class T>
  void check(std::size_t node, T number, bool variance) {
    const bool negative = variance && number < 0;
    if (found_[node].layer != nullptr || (std::isfinite(number) && !negative)) return;
    found_[node] = {graph_.nodes[node].layer, negative && std::isfinite(number),
                    static_cast<double>(number)};
  }

  [[nodiscard]] std::optional<LayerFault> first() const {
    for (const LayerFault& fault : found_)
      if (fault.layer != nullptr) return fault;
    return std::nullopt;
  }

 private:
  const Graph& graph_;
  std::vector<LayerFault> found_;
};

template <class T>
void observe_dense(const Graph& graph, const Program& program, const SampleRows<T>& x,
                   bool with_ntk, Faults& faults) {
  const auto observer = [&](std::int64_t rows, std::int64_t ld, bool variances) -> Observer<T> {
    return [&, rows, ld, variances](int step, const T* nngp, const T* ntk) {
      for (std::size_t node = 1; node < graph.nodes.size(); ++node) {
        const Output& o = program.outputs[node];
        if (o.after_step != step) continue;
        for (std::int64_t i = 0; i < rows; ++i)
          for (std::int64_t j = 0; j < x.count; ++j) {
            const std::int64_t at = i * ld + j;
            T k{}, t{};
            apply_nngp(o.value.pending, nngp + at, &k, 1);
            faults.check(node, k, variances);
            if (!with_ntk || ntk == nullptr) continue;
            apply_ntk(o.value.pending, nngp + at, ntk + at, &t, 1);
            faults.check(node, t, false);
          }
      }
    };
  };
  observe_tile<T>(program, x, observer(x.count, tile_side, false), observer(1, 0, true));
}

template <class T>
void observe_spatial(const Graph& graph, const SpatialPlan& plan, const SampleRows<T>& x,
                     bool with_ntk, Executor& executor, Faults& faults) {
  const SpatialProgram& program = plan.program();
  const Schedule &self = plan.schedule(Purpose::diagonals), &pairs = plan.schedule(Purpose::pairs);
  NodeFields<T> reader(graph, program);
  const auto observer = [&](bool variances) -> FieldObserver<T> {
    return [&, variances](std::int32_t op, const FieldPart<T>& field) {
      reader.read(op, field, [&](std::size_t node, const FieldPart<T>& f) {
        if (node == 0) return;
        for (std::int64_t s = 0; s < f.domain.sites(); ++s)
          for (std::int64_t lane = 0; lane < x.count; ++lane) {
            faults.check(node, f.nngp[s * bundle_lanes + lane], variances);
            if (with_ntk && f.ntk != nullptr)
              faults.check(node, f.ntk[s * bundle_lanes + lane], false);
          }
      });
    };
  };
  BundledSamples<T> samples(program, x.count);
  BundleWorkers<T> workers(program, self, false);
  samples.fill(x, workers, executor, nullptr, {});
  SampleVariances<T> row_variances(program, x.count);
  row_variances.copy_from(samples, x.count);
  BundleVariances<T> of_self, of_pairs;
  for (std::size_t v = 0; std::cmp_less(v, program.variances); ++v) {
    of_self.first.push_back(samples.variance(v, 0));
    of_self.second.push_back(samples.variance(v, 0));
    of_pairs.first.push_back(row_variances.variance(v, 0));
    of_pairs.second.push_back(samples.variance(v, 0));
  }
  const FieldObserver<T> observe_self = observer(true), observe_pairs = observer(false);
  {
    BundleMemory<T> memory(program, self, with_ntk);
    run_bundle<T>(program, self, {samples.data(0), samples.data(0), bundle_lanes}, of_self, memory,
                  nullptr, {}, &observe_self);
  }
  BundleMemory<T> memory(program, pairs, with_ntk);
  run_bundle<T>(program, pairs, {x.row(0), samples.data(0), 1}, of_pairs, memory, nullptr, {},
                &observe_pairs);
}

}  // namespace

template <class T>
std::optional<LayerFault> first_fault(const Compiled& net, const SampleRows<T>& x, bool with_ntk,
                                      Executor& executor) {
  Faults faults(net.graph);
  if (net.spatial)
    observe_spatial(net.graph, *net.spatial, x, with_ntk, executor, faults);
  else
    observe_dense(net.graph, *net.dense, x, with_ntk, faults);
  return faults.first();
}

template std::optional<LayerFault> first_fault(const Compiled&, const SampleRows<float>&, bool,
                                               Executor&);
template std::optional<LayerFault> first_fault(const Compiled&, const SampleRows<double>&, bool,
                                               Executor&);

}  // namespace widelimit::detail
