// Memory stage by stage, of which the largest counts, and disk file by file.
#include "forecast.hpp"

#include "inference_memory.hpp"
#include "results_size.hpp"

#include <widelimit/finite.hpp>
#include <widelimit/memory.hpp>

#include <algorithm>

namespace widelimit::experiment {
namespace {

constexpr double f64 = sizeof(double);
/// What OpenBLAS touches of a thread's buffer in large products; in small ones their operands.
constexpr double blas_buffer = 12.0 * (1 << 20);
/// What the libraries touch once they are at work.
constexpr double at_work = 4.5 * (1 << 20);

double finite_bytes(const FiniteSpec& spec, const Network& network, const DataShapes& shapes,
                    int threads) {
  const FiniteNetwork finite(network, shapes.train.sample);
  const std::int64_t at_once = std::min<std::int64_t>(spec.options.ensemble, threads);
  const std::int64_t n = shapes.train.count,
                     batch = std::min(n, spec.options.batch_size.value_or(n));
  const Memory memory =
      finite.training_memory(at_once, batch, std::max(test_count(shapes), batch < n ? n : 0));
  const auto training = static_cast<double>(memory.total(threads));
  const double parameters = f64 * static_cast<double>(finite.parameter_count());
  return static_cast<double>(spec.options.ensemble) * parameters + training +
         std::min(static_cast<double>(at_once) * blas_buffer, training);
}

/// Of the blocks of kernels.
struct BlockBytes {
  /// In memory, for inference.
  double held = 0;
  /// Of the engine, for the block that needs the most.
  double workspace = 0;
  /// Pages of stores: of all that stay, and of the largest one that is read at once.
  double mapped = 0, mapped_once = 0;
  double disk = 0;
};

BlockBytes block_bytes(const RunPlan& plan, const PlannedNetwork& network, const DataShapes& shapes,
                       int threads) {
  const auto entry = static_cast<double>(bytes_of(plan.precision));
  BlockBytes bytes;
  for (const BlockPlan& block : plan.blocks) {
    const auto [rows, cols] = shape_of(block.block, shapes);
    const double entries = static_cast<double>(rows) * static_cast<double>(cols);
    bytes.held += block.hold.count() * entries * f64;
    const double whole = block.write.count() * entries * entry;
    const double stored = is_symmetric(block.block) ? 0.5 * whole : whole;
    bytes.disk += block.store == StoreUse::kept ? stored : whole;
    if (block.store == StoreUse::kept) bytes.mapped += stored;
    if (block.store != StoreUse::none) bytes.mapped_once = std::max(bytes.mapped_once, stored);
    const Cost cost =
        network.kernels_cost(rows, cols, is_symmetric(block.block), plan.precision, block.needed());
    bytes.workspace = std::max(bytes.workspace, static_cast<double>(cost.memory.total(threads)));
  }
  return bytes;
}

/// Of a thread beyond the first: one that computes tiles, with an arena of malloc, and one of
/// OpenBLAS.
apps::AddressSpace address_space_for_thread() {
  constexpr double arena = 64.0 * (1 << 20);  // reserved, and made writable bit by bit
  const double both = 2 * apps::blas_thread_bytes();
  return {both + arena, both};
}

/// What is mapped now, the first thread's buffer, the other threads, and `more` of memory, of which
/// files are mapped without becoming data.
apps::AddressSpace address_space(double more, double mapped_files, int threads) {
  const apps::AddressSpace now = apps::address_space_in_use(), thread = address_space_for_thread();
  const double first = static_cast<double>(blas_buffer_bytes) + more;
  return {now.all + first + (threads - 1) * thread.all,
          now.data + first - mapped_files + (threads - 1) * thread.data};
}

/// The longest table is made as text, in a string that may be twice as long.
double table_text_bytes(const RunPlan& plan, const DataShapes& shapes) {
  double longest = 0;
  for (const PlannedInference& inference : plan.inferences)
    longest =
        std::max({longest, prediction_table_bytes(inference, shapes), loss_table_bytes(inference)});
  return 2 * longest;
}

}  // namespace

Forecast forecast(const RunPlan& plan, const Network& network, const DataShapes& shapes,
                  const Runtime& runtime, double resident) {
  const int threads = runtime.threads();
  const DataShape& train = shapes.train;
  const auto n = static_cast<double>(train.count), m = static_cast<double>(test_count(shapes));
  const auto outputs = static_cast<double>(train.outputs),
             features = static_cast<double>(train.sample.features());
  const PlannedNetwork planned = network.plan(train.sample);
  const BlockBytes blocks = block_bytes(plan, planned, shapes, threads);
  double workspace = blocks.workspace;
  if (!plan.kernels_only)
    for (const Cost& cost : {planned.statistics_cost(train.count),
                             planned.diagonals_cost(test_count(shapes), plan.precision,
                                                    plan.compute | plan.test_diagonal)})
      workspace = std::max(workspace, static_cast<double>(cost.memory.total(threads)));
  // Samples are in memory twice while they are read, once in float64: before there is more.
  const double samples =
      (n + m) * (features * static_cast<double>(bytes_of(plan.precision)) + outputs * f64);
  const double reading = (n + m) * (features + outputs) * f64;
  const double products = std::min(blas_buffer, 2 * f64 * n * n) * threads;
  const double libraries = resident + at_work + table_text_bytes(plan, shapes);

  // One stage after another. Buffers of products stay once there are any: kernels of samples
  // without sites are made of products, else a solve makes the first. Stores are read as memory
  // maps, whose pages count: one by one where they are read at once, while most of what computed
  // them, in blocks too small to be given back, is still there; all of a kernel by inference that
  // streams.
  const double before_solve = blocks.held + (train.sample.sites.empty() ? products : 0);
  const double computing = before_solve + workspace, writing = computing + blocks.mapped_once;
  const double solving = plan.kernels_only ? 0
                                           : blocks.held + products +
                                                 inference_bytes(plan.inferences, shapes, runtime);
  const double streamed = plan.any_streamed() ? blocks.mapped : 0;
  const double finite = plan.finite ? finite_bytes(*plan.finite, network, shapes, threads) : 0;
  const double unmapped = std::max({reading, computing, solving, finite});
  const double most = std::max({unmapped, writing, solving + streamed});

  Forecast all;
  all.memory_bytes = libraries + samples + most;
  all.mapped_bytes = most - unmapped;
  all.finite_bytes = finite == unmapped ? finite : 0;
  all.disk_bytes = blocks.disk + results_bytes(plan, network, shapes);
  all.address_space = address_space(all.memory_bytes - resident, all.mapped_bytes, threads);
  all.for_thread = address_space_for_thread();
  return all;
}

}  // namespace widelimit::experiment
