// Small samples of the work, timed, and extrapolated to all of it.
#include "duration.hpp"

#include "common/sizes.hpp"
#include "experiment/train.hpp"
#include "inference_duration.hpp"
#include "results_size.hpp"
#include "sampling.hpp"

#include <widelimit/finite.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

namespace widelimit::experiment {
namespace {

namespace fs = std::filesystem;

/// Seconds for a few dozen small files and the start of the program, and for the pictures of a
/// report, most of which gnuplot takes to start.
constexpr double overhead = 0.03, pictures = 0.3;
/// A run that takes so long can wait for a better estimate.
constexpr double long_run = 20;
/// A number of the data: decompressed, converted, preprocessed, hashed.
constexpr double seconds_of_datum = 25e-9;
/// A byte of a table of numbers as text.
constexpr double seconds_of_text = 1.0 / (60 << 20);

std::int64_t rounded_up(std::int64_t n, std::int64_t step) { return (n + step - 1) / step * step; }

/// Seconds of computing kernels, by the number of pairs of samples.
Line time_pairs(const RunPlan& plan, const PlannedNetwork& network, const DataShape& shape,
                int threads, double enough) {
  struct Size {
    std::int64_t rows, cols;
  };
  const std::int64_t n = shape.count;
  const auto [tile, lanes] = network.tile_size(n, plan.precision);
  std::vector<Size> sizes{{std::min<std::int64_t>(n, 2 * threads), lanes}};
  while (sizes.back().rows < std::min(n, tile))
    sizes.push_back({std::min({n, tile, 2 * sizes.back().rows}), lanes});
  const std::int64_t most = std::min<std::int64_t>(rounded_up(n, lanes), 1024);
  while (sizes.back().cols < most)
    sizes.push_back({std::min(n, std::max(sizes.back().rows, 2 * sizes.back().cols)),
                     std::min(most, 2 * sizes.back().cols)});
  const Precision precision = plan.precision;
  const Samples all = random_samples(shape, most, Precision::float64);
  return grow(
      sizes, enough, [](const Size& s) { return static_cast<double>(s.rows * s.cols); },
      [&](const Size& s) {
        const Samples rows = all.converted(precision, 0, s.rows),
                      cols = all.converted(precision, 0, s.cols);
        return least_seconds_of(
            [&] {
              if (precision == Precision::float64)
                static_cast<void>(network.kernels<double>(rows, cols, plan.compute));
              else
                static_cast<void>(network.kernels<float>(rows, cols, plan.compute));
            },
            enough);
      });
}

/// Seconds of a byte of a kernel that is written, a row of a tile at a time, and waited for. Where
/// no file can be made it is that of a common disk.
double seconds_of_disk(const fs::path& out, double row_bytes, int threads) {
  constexpr double common = 1 / 500e6;
  constexpr std::int64_t bytes = 16 << 20;
  std::error_code ignored;
  fs::path folder = fs::absolute(out, ignored);
  while (!fs::is_directory(folder, ignored) && folder.has_relative_path())
    folder = folder.parent_path();
  const int file = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file < 0) return common;
  const std::vector<char> row(static_cast<std::size_t>(row_bytes), 'x');
  bool good = ::posix_fallocate(file, 0, bytes) == 0;
  const double filling = seconds_of([&] {
    for (std::int64_t at = 0; good && at < bytes; at += std::ssize(row))
      good = ::pwrite(file, row.data(), row.size(), at) == std::ssize(row);
  });
  const double waiting = seconds_of([&] { good = good && ::fdatasync(file) == 0; });
  ::close(file);
  return good ? (filling / threads + waiting) / bytes : common;
}

double kernel_seconds(const RunPlan& plan, const PlannedNetwork& network, const DataShapes& shapes,
                      const Line& pairs, int threads, const fs::path& out) {
  const auto entry = static_cast<double>(bytes_of(plan.precision));
  double amount = 0, held = 0, written = 0;
  for (const BlockPlan& block : plan.blocks) {
    const auto shape = shape_of(block.block, shapes);
    const auto rows = static_cast<double>(shape[0]), cols = static_cast<double>(shape[1]);
    const Cost cost = network.kernels_cost(shape[0], shape[1], is_symmetric(block.block),
                                           plan.precision, block.needed());
    amount += static_cast<double>(cost.pairs);
    held += block.hold.count() * rows * cols * sizeof(double);
    const double whole = block.write.count() * rows * cols * entry;
    const double stored = is_symmetric(block.block) ? whole / 2 : whole;
    written +=
        (block.store != StoreUse::kept ? whole : 0) + (block.store != StoreUse::none ? stored : 0);
  }
  // Less than this is written, and touched for the first time, in no time that anybody notices: the
  // forecast of a small run must not need more memory than the run itself.
  constexpr double little = 4 << 20, little_memory = 80 << 20;
  double seconds = pairs.of(amount);
  if (held > little_memory) seconds += held * seconds_of_memory();
  const double tile_row =
      entry * static_cast<double>(network.tile_size(shapes.train.count, plan.precision).side);
  if (written > little) seconds += written * seconds_of_disk(out, tile_row, threads);
  return seconds;
}

/// What the run's description of the network computes: statistics, in float64, and the diagonals of
/// the test set.
double description_seconds(const RunPlan& plan, const PlannedNetwork& network,
                           const DataShapes& shapes, const Line& pairs) {
  const double twice = plan.precision == Precision::float32 ? 2 : 1;
  const Cost statistics = network.statistics_cost(shapes.train.count),
             diagonals = network.diagonals_cost(test_count(shapes), plan.precision);
  return pairs.slope *
         (twice * static_cast<double>(statistics.pairs) + static_cast<double>(diagonals.pairs));
}

double finite_seconds(const FiniteSpec& spec, const Network& infinite, const DataShapes& shapes,
                      int threads, double enough) {
  const FiniteNetwork network(infinite, shapes.train.sample);
  const auto n = static_cast<double>(shapes.train.count);
  const double batch =
      spec.options.batch_size ? std::min(n, static_cast<double>(*spec.options.batch_size)) : n;
  const auto sample = static_cast<std::int64_t>(std::min(batch, 256.0));
  const Samples x = random_samples(shapes.train, sample, Precision::float64);
  const Matrix y(sample, network.outputs());
  TrainOptions trial;
  trial.learning_rate = 1e-9;
  trial.momentum = spec.options.momentum;
  trial.ensemble = std::min<std::int64_t>(spec.options.ensemble, threads);
  std::vector<std::int64_t> sizes;
  for (std::int64_t steps = 2; steps < 4 * spec.options.steps; steps *= 4)
    sizes.push_back(std::min(steps, spec.options.steps));
  if (sizes.empty()) return 0;
  const Line line = grow(
      sizes, enough, [](std::int64_t steps) { return static_cast<double>(steps); },
      [&](std::int64_t steps) {
        trial.steps = steps;
        return least_seconds_of(
            [&] { static_cast<void>(train_members(spec, network, x, y, nullptr, trial, nullptr)); },
            enough);
      });
  // A loss that is recorded is a third of a step: the way forth, of test samples and, of batches,
  // of all training samples.
  const double steps = static_cast<double>(spec.options.steps);
  const double recorded = static_cast<double>(loss_count(spec.options)) / 3 *
                          (static_cast<double>(test_count(shapes)) + (batch < n ? n : 0)) / batch;
  const double rounds =
      std::ceil(static_cast<double>(spec.options.ensemble) / static_cast<double>(threads));
  return line.of(steps + recorded) * batch / static_cast<double>(sample) * rounds;
}

double tables_seconds(const RunPlan& plan, const DataShapes& shapes) {
  double bytes = 0;
  for (const PlannedInference& inference : plan.inferences)
    bytes += prediction_table_bytes(inference, shapes) + loss_table_bytes(inference);
  return bytes * seconds_of_text;
}

double estimate(const RunPlan& plan, const Network& network, const DataShapes& shapes,
                const Runtime& runtime, const fs::path& out, double enough) {
  const DataShape& train = shapes.train;
  const int threads = runtime.threads();
  const double numbers =
      (static_cast<double>(train.count) + static_cast<double>(test_count(shapes))) *
      static_cast<double>(train.sample.features());
  const PlannedNetwork planned = network.plan(train.sample);
  const Line pairs = time_pairs(plan, planned, train, threads, enough);
  const double seconds = overhead + numbers * seconds_of_datum +
                         kernel_seconds(plan, planned, shapes, pairs, threads, out);
  if (plan.kernels_only) return seconds;
  const double finite =
      plan.finite ? finite_seconds(*plan.finite, network, shapes, threads, enough) : 0;
  return seconds + description_seconds(plan, planned, shapes, pairs) +
         inference_seconds(plan.inferences, shapes, runtime, enough) + finite +
         tables_seconds(plan, shapes) + pictures;
}

}  // namespace

double estimate_seconds(const RunPlan& plan, const Network& network, const DataShapes& shapes,
                        const Runtime& runtime, const fs::path& out, Patience patience) {
  double seconds = 0;
  const double spent = seconds_of([&] {
    if (patience == Patience::little) {
      seconds = estimate(plan, network, shapes, runtime, out, short_sample);
      if (seconds < long_run) return;
    }
    seconds = estimate(plan, network, shapes, runtime, out, long_sample);
  });
  // This estimate was patient; a short run makes a less patient one.
  const bool other = patience == Patience::enough && seconds < long_run;
  return seconds + spent * (other ? short_sample / long_sample : 1);
}

}  // namespace widelimit::experiment
