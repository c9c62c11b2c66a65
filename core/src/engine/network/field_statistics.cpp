// Fields of displacement 0 observed on their way through the network: first of the samples with
// themselves, then of each with the others.
#include "engine/network/field_statistics.hpp"

#include "base/work_done.hpp"
#include "engine/grid/buffer.hpp"
#include "engine/grid/sample_facts.hpp"
#include "engine/grid/worker_pool.hpp"
#include "engine/spatial/bundled_samples.hpp"
#include "engine/spatial/window_map.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <utility>

namespace widelimit::detail {

namespace {

constexpr std::int64_t lanes = bundle_lanes;

// What a node gives at displacement 0, from the operation it was folded into: displacement 0 is
// made from displacement 0 alone, whatever the window.
class Reader {
 public:
  Reader(const Graph& graph, const SpatialProgram& program) : graph_(graph), program_(program) {
    of_op_.resize(program.ops.size());
    for (std::size_t i = 1; i < graph.nodes.size(); ++i)
      of_op_[static_cast<std::size_t>(program.produced[i].op)].push_back(i);
  }

  // f(node, its field) for every node that the operation's field gives.
  template <class F>
  void read(std::int32_t op, const FieldPart<double>& field, F&& f) {
    for (const std::size_t node : of_op_[static_cast<std::size_t>(op)]) {
      const widelimit_linear& map = program_.produced[node].pending;
      f(node, is_identity(map) ? field
                               : mapped(map, program_.ops[static_cast<std::size_t>(op)].image,
                                        Image(graph_.nodes[node].shape), field));
    }
  }

 private:
  FieldPart<double> mapped(const widelimit_linear& map, const Image& image, const Image& output,
                           FieldPart<double> from) {
    const Domain domain(output, {}), reach = reach_of(map, image, {}, domain);
    const bool with_ntk = from.ntk != nullptr;
    const auto room = [&](Buffer<double>& buffer, std::int64_t sites) {
      buffer.reserve(static_cast<std::size_t>(sites * lanes));
      return buffer.data();
    };
    if (map.circular != 0) {
      double* const nngp = room(joined_, reach.sites());
      double* const ntk = with_ntk ? room(joined_ntk_, reach.sites()) : nullptr;
      join_parts(&from, 1, image, reach, nngp, ntk);
      from = {reach, nngp, ntk};
    }
    const Axes& extent = from.domain.extent;
    double* const row = room(row_, 2 * *std::max_element(extent.begin(), extent.end()));
    double* const nngp = room(nngp_, domain.sites());
    double* const ntk = with_ntk ? room(ntk_, domain.sites()) : nullptr;
    apply_window(map, from, domain, row, nngp, ntk);
    return {domain, nngp, ntk};
  }

  const Graph& graph_;
  const SpatialProgram& program_;
  std::vector<std::vector<std::size_t>> of_op_;  // nodes
  Buffer<double> row_, joined_, joined_ntk_, nngp_, ntk_;
};

// What a thread keeps between rows.
struct RowWorker {
  RowWorker(const Graph& graph, const SpatialProgram& program, const Schedule& pairs)
      : reader(graph, program), memory(program, pairs, false) {}
  Reader reader;
  BundleMemory<double> memory;
};

// K[p, p] of the samples with themselves, of every node: [site][lane].
using Variances = std::vector<std::vector<double>>;

// The first n lanes over all sites, summed.
double sum(const double* field, std::int64_t sites, std::int64_t n) {
  double total = 0;
  for (std::int64_t s = 0; s < sites; ++s)
    for (std::int64_t l = 0; l < n; ++l) total += field[s * lanes + l];
  return total;
}

// Correlations of sample `row` with the later ones, over all sites, summed.
double correlations(const double* field, const std::vector<double>& variance, std::int64_t row,
                    std::int64_t n) {
  double total = 0;
  for (std::size_t s = 0; s < variance.size(); s += lanes)
    for (std::int64_t l = row + 1; l < n; ++l) {
      const double scale = std::sqrt(variance[s + static_cast<std::size_t>(row)]) *
                           std::sqrt(variance[s + static_cast<std::size_t>(l)]);
      if (scale > 0) total += field[s + static_cast<std::size_t>(l)] / scale;
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
  const Schedule &own = plan.schedule(Purpose::itself), &pairs = plan.schedule(Purpose::pairs);
  BundledSamples<double> samples(program, n);
  BundleWorkers<double> workers(program, own, false);
  samples.fill(x, workers, executor, control, {});
  done.add(1);
  SampleVariances<double> of_rows(program, n);
  of_rows.take(samples, n);
  BundleVariances<double> with_themselves;
  for (std::size_t v = 0; std::cmp_less(v, program.variances); ++v) {
    with_themselves.first.push_back(samples.variance(v, 0));
    with_themselves.second.push_back(samples.variance(v, 0));
  }

  Variances variance(nodes);
  {
    Reader reader(graph, program);
    const FieldObserver<double> observe = [&](std::int32_t op, const FieldPart<double>& field) {
      reader.read(op, field, [&](std::size_t node, const FieldPart<double>& f) {
        const std::int64_t sites = f.domain.sites();
        const double numbers = static_cast<double>(sites * n);
        variance[node].assign(f.nngp, f.nngp + sites * lanes);
        result[node].mean_variance = sum(f.nngp, sites, n) / numbers;
        result[node].mean_ntk = sum(f.ntk, sites, n) / numbers;
      });
    };
    BundleMemory<double> memory(program, own, true);
    run_bundle<double>(program, own, {samples.data(0), samples.data(0), lanes}, with_themselves,
                       memory, control, {}, &observe);
    done.add(1);
  }
  if (n == 1) return result;

  std::vector<std::vector<double>> correlation(static_cast<std::size_t>(n - 1),
                                               std::vector<double>(nodes));  // [row][node]
  WorkerPool<RowWorker> row_workers(
      [&] { return std::make_unique<RowWorker>(graph, program, pairs); });
  const auto correlate = [&](std::int64_t row, RowWorker& worker) {
    BundleVariances<double> v{{}, with_themselves.second};
    for (std::size_t i = 0; i < v.second.size(); ++i) v.first.push_back(of_rows.variance(i, row));
    const FieldObserver<double> observe = [&](std::int32_t op, const FieldPart<double>& field) {
      worker.reader.read(op, field, [&](std::size_t node, const FieldPart<double>& f) {
        correlation[static_cast<std::size_t>(row)][node] =
            correlations(f.nngp, variance[node], row, n);
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
  // Rows are added in their order, whichever thread had them.
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
  const Schedule &own = plan.schedule(Purpose::itself), &pairs = plan.schedule(Purpose::pairs);
  constexpr std::int64_t lanes_bytes = lanes * static_cast<std::int64_t>(sizeof(double));
  std::int64_t sites = sample_numbers(program), largest = 0;
  for (const Node& node : graph.nodes) {
    const std::int64_t of_node = Image(node.shape).sites();
    sites += of_node;
    largest = std::max(largest, of_node);
  }
  // First one thread runs the samples with themselves, then all of them run pairs, each with the
  // field of a reader.
  const std::int64_t pair = BundleMemory<double>::bytes(program, pairs, false),
                     alone = BundleMemory<double>::bytes(program, own, true);
  return {sites * lanes_bytes + own.bytes() + pairs.bytes() +
              BundleMemory<double>::bytes(program, own, false) +
              std::max<std::int64_t>(alone - pair, 0),
          pair + largest * lanes_bytes};
}

}  // namespace widelimit::detail
