// Observes fields of displacement 0 on their way through the network: first those of samples with
// themselves, then those of pairs.
#include "engine/network/field_statistics.hpp"

#include "base/sizes.hpp"
#include "base/work_done.hpp"
#include "engine/grid/sample_facts.hpp"
#include "engine/grid/worker_pool.hpp"
#include "engine/network/node_fields.hpp"
#include "engine/spatial/bundled_samples.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <utility>

namespace widelimit::detail {

namespace {

constexpr std::int64_t lanes = bundle_lanes;

// The memory of one thread.
struct RowWorker {
  RowWorker(const Graph& graph, const SpatialProgram& program, const Schedule& pairs)
      : reader(graph, program), memory(program, pairs, false) {}
  NodeFields<double> reader;
  BundleMemory<double> memory;
};

// K[p, p] of the samples with themselves, for every node: [site][lane].
using Variances = std::vector<std::vector<double>>;

// The sum over all sites and the first n lanes.
double sum(const double* field, std::int64_t sites, std::int64_t n) {
  double total = 0;
  for (std::int64_t s = 0; s < sites; ++s)
    for (std::int64_t l = 0; l < n; ++l) total += field[s * lanes + l];
  return total;
}

// The sum over all sites of the correlations of sample `row` with the samples after it.
double sum_of_correlations(const double* field, const std::vector<double>& variance,
                           std::int64_t row, std::int64_t n) {
  double total = 0;
  for (std::size_t s = 0; s < variance.size(); s += lanes)
    for (std::int64_t l = row + 1; l < n; ++l) {
      const double scale =
          std::sqrt(variance[s + to_size(row)]) * std::sqrt(variance[s + to_size(l)]);
      if (scale > 0) total += field[s + to_size(l)] / scale;
    }
  return total;
}

}  // namespace

std::vector<LayerStatistics> field_statistics(const Graph& graph, const SpatialPlan& plan,
                                              SampleRows<double> x, Executor& executor,
                                              Control* control) {
  x.count = std::min(x.count, lanes);
  const std::int64_t n = x.count;
  const std::size_t nodes = graph.nodes.size();
  std::vector<LayerStatistics> result(nodes);
  if (n == 0) return result;
  static_cast<void>(sample_facts(x, SampleSet::x1, nullptr));

  // Bundles: the samples with themselves twice, then each but the last with the later ones.
  WorkDone done(control, "statistics", n + 1);
  const SpatialProgram& program = plan.program();
  const Schedule &self = plan.schedule(Purpose::diagonals), &pairs = plan.schedule(Purpose::pairs);
  BundledSamples<double> samples(program, n);
  BundleWorkers<double> workers(program, self, false);
  samples.fill(x, workers, executor, control, {});
  done.add(1);
  SampleVariances<double> row_variances(program, n);
  row_variances.copy_from(samples, n);
  BundleVariances<double> self_variances;
  for (std::size_t v = 0; std::cmp_less(v, program.variances); ++v) {
    self_variances.first.push_back(samples.variance(v, 0));
    self_variances.second.push_back(samples.variance(v, 0));
  }

  Variances variance(nodes);
  {
    NodeFields<double> reader(graph, program);
    const FieldObserver<double> observe = [&](std::int32_t op, const FieldPart<double>& field) {
      reader.read(op, field, [&](std::size_t node, const FieldPart<double>& f) {
        const std::int64_t sites = f.domain.sites();
        const double numbers = static_cast<double>(sites * n);
        variance[node].assign(f.nngp, f.nngp + sites * lanes);
        result[node].mean_variance = sum(f.nngp, sites, n) / numbers;
        result[node].mean_ntk = sum(f.ntk, sites, n) / numbers;
      });
    };
    BundleMemory<double> memory(program, self, true);
    run_bundle<double>(program, self, {samples.data(0), samples.data(0), lanes}, self_variances,
                       memory, control, {}, &observe);
    done.add(1);
  }
  if (n == 1) return result;

  std::vector<std::vector<double>> correlation(to_size(n - 1),
                                               std::vector<double>(nodes));  // [row][node]
  WorkerPool<RowWorker> row_workers(
      [&] { return std::make_unique<RowWorker>(graph, program, pairs); });
  const auto correlate = [&](std::int64_t row, RowWorker& worker) {
    BundleVariances<double> v{{}, self_variances.second};
    for (std::size_t i = 0; i < v.second.size(); ++i)
      v.first.push_back(row_variances.variance(i, row));
    const FieldObserver<double> observe = [&](std::int32_t op, const FieldPart<double>& field) {
      worker.reader.read(op, field, [&](std::size_t node, const FieldPart<double>& f) {
        correlation[to_size(row)][node] = sum_of_correlations(f.nngp, variance[node], row, n);
      });
    };
    run_bundle<double>(program, pairs, {x.row(row), samples.data(0), 1}, v, worker.memory, control,
                       {}, &observe);
    done.add(1);
  };
  executor.parallel_for(n - 1, 1, [&](std::int64_t begin, std::int64_t end) {
    row_workers.use([&](RowWorker& worker) {
      for (std::int64_t row = begin; row < end; ++row) correlate(row, worker);
    });
  });
  // Rows are added in order, so the result does not depend on threads.
  for (std::size_t node = 1; node < nodes; ++node) {
    double total = 0;
    for (const std::vector<double>& row : correlation) total += row[node];
    const double sites = static_cast<double>(variance[node].size() / lanes);
    result[node].mean_correlation =
        total / (sites * static_cast<double>(n) * static_cast<double>(n - 1) / 2);
  }
  return result;
}

Memory field_statistics_memory(const Graph& graph, const SpatialPlan& plan) {
  const SpatialProgram& program = plan.program();
  const Schedule &self = plan.schedule(Purpose::diagonals), &pairs = plan.schedule(Purpose::pairs);
  constexpr std::int64_t lanes_bytes = lanes * static_cast<std::int64_t>(sizeof(double));
  std::int64_t sites = sample_numbers(program), largest = 0;
  for (const Node& node : graph.nodes) {
    const std::int64_t node_sites = Image(node.shape).sites();
    sites += node_sites;
    largest = std::max(largest, node_sites);
  }
  // First one thread runs the samples with themselves. Then all threads run pairs, and each has a
  // NodeFields with a field.
  const std::int64_t pair_bytes = BundleMemory<double>::bytes(program, pairs, false),
                     self_bytes = BundleMemory<double>::bytes(program, self, true);
  return {sites * lanes_bytes + self.bytes() + pairs.bytes() +
              BundleMemory<double>::bytes(program, self, false) +
              std::max<std::int64_t>(self_bytes - pair_bytes, 0),
          pair_bytes + largest * lanes_bytes};
}

}  // namespace widelimit::detail
