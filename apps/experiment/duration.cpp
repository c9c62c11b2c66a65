// Small samples of the work, timed, and what follows from them for all of it.
#include "duration.hpp"

#include "forecast.hpp"
#include "inference_duration.hpp"
#include "sampling.hpp"
#include "train.hpp"

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

/// Samples that core computes at once, of one sample's pairs, and the side of its tiles.
constexpr std::int64_t lanes = 16, tile = 128;
/// Seconds for a few dozen small files and the start of the program; and for the pictures of a
/// report, most of which is the start of gnuplot.
constexpr double overhead = 0.03, pictures = 0.3;
/// A run that takes so long can wait for a better estimate.
constexpr double long_run = 20;
/// A number of the data: decompressed, converted, preprocessed, hashed.
constexpr double seconds_of_datum = 25e-9;
/// A byte of a table of numbers as text.
constexpr double seconds_of_text = 1.0 / (60 << 20);

std::int64_t up_to(std::int64_t n, std::int64_t step) { return (n + step - 1) / step * step; }

/// Pairs that are computed for a block: lanes are filled up, of a symmetric one half.
double pairs_of(Block block, double rows, double cols) {
  const auto whole = static_cast<double>(up_to(static_cast<std::int64_t>(cols), lanes));
  return block == Block::test_train ? rows * whole : rows * (whole + lanes) / 2;
}

/// Seconds of so many pairs of samples through the network, both kernels or what is computed.
Line pairs_through(const Setup& setup, const Kernels& which, double enough) {
  struct Size {
    std::int64_t rows, cols;
  };
  const std::int64_t n = setup.shapes.train.count;
  std::vector<Size> sizes{{std::min<std::int64_t>(n, 2 * setup.runtime.threads()), lanes}};
  while (sizes.back().rows < std::min(n, tile))
    sizes.push_back({std::min({n, tile, 2 * sizes.back().rows}), lanes});
  const std::int64_t most = std::min<std::int64_t>(up_to(n, lanes), 1024);
  while (sizes.back().cols < most)
    sizes.push_back({std::min(n, std::max(sizes.back().rows, 2 * sizes.back().cols)),
                     std::min(most, 2 * sizes.back().cols)});
  const Precision precision = setup.experiment.precision;
  const Samples all = random_samples(setup.shapes.train, most, Precision::float64);
  return grow(
      sizes, enough, [](const Size& s) { return static_cast<double>(s.rows * s.cols); },
      [&](const Size& s) {
        const Samples rows = all.converted(precision, 0, s.rows),
                      cols = all.converted(precision, 0, s.cols);
        return least_seconds_of(
            [&] {
              if (precision == Precision::float64)
                static_cast<void>(setup.network.kernels<double>(rows, &cols, which));
              else
                static_cast<void>(setup.network.kernels<float>(rows, &cols, which));
            },
            enough);
      });
}

/// Seconds of a byte of a kernel that is written, a row of a tile at a time, and waited for. Where
/// no file can be made it is that of a common disk.
double seconds_of_disk(const fs::path& out, double entry_bytes, int threads) {
  constexpr double common = 1 / 500e6;
  constexpr std::int64_t bytes = 16 << 20;
  std::error_code ignored;
  fs::path folder = fs::absolute(out, ignored);
  while (!fs::is_directory(folder, ignored) && folder.has_relative_path())
    folder = folder.parent_path();
  const int file = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file < 0) return common;
  const std::vector<char> row(static_cast<std::size_t>(entry_bytes) * tile, 'x');
  bool good = ::posix_fallocate(file, 0, bytes) == 0;
  const double filling = seconds_of([&] {
    for (std::int64_t at = 0; good && at < bytes; at += std::ssize(row))
      good = ::pwrite(file, row.data(), row.size(), at) == std::ssize(row);
  });
  const double waiting = seconds_of([&] { good = good && ::fdatasync(file) == 0; });
  ::close(file);
  return good ? (filling / threads + waiting) / bytes : common;
}

double kernel_seconds(const Setup& setup, const KernelPlan& plan, const Line& pairs,
                      const fs::path& out) {
  const auto m = setup.test_count();
  const auto both = [](const Kernels& k) { return (k.nngp ? 1.0 : 0.0) + (k.ntk ? 1.0 : 0.0); };
  const auto entry = static_cast<double>(bytes_of(setup.experiment.precision));
  double amount = 0, held = 0, written = 0;
  for (const BlockPlan& block : plan.blocks) {
    const auto shape = shape_of(block.block, setup.shapes.train.count, m);
    const auto rows = static_cast<double>(shape[0]), cols = static_cast<double>(shape[1]);
    amount += pairs_of(block.block, rows, cols);
    held += both(block.hold) * rows * cols * sizeof(double);
    const double whole = both(block.write) * rows * cols * entry;
    const double stored = block.block == Block::test_train ? whole : whole / 2;
    written +=
        (block.store != StoreUse::kept ? whole : 0) + (block.store != StoreUse::none ? stored : 0);
  }
  // Below this a file is on the disk, and memory is there, before anybody notices: a small run is
  // not to need more memory for its forecast than for itself.
  constexpr double little = 4 << 20, little_memory = 80 << 20;
  double seconds = pairs.of(amount);
  if (held > little_memory) seconds += held * seconds_of_memory();
  if (written > little) seconds += written * seconds_of_disk(out, entry, setup.runtime.threads());
  return seconds;
}

/// What the run's description of the network computes: a tile of pairs, or one of lanes, in
/// float64, and the diagonals of the test set, a pair a sample.
double description_seconds(const Setup& setup, const Line& pairs) {
  const bool images = std::any_of(setup.plan.begin(), setup.plan.end(),
                                  [](const PlanRow& row) { return row.displacements > 1; }) ||
                      !setup.shapes.train.sample.sites.empty();
  const double some =
      std::min<double>(static_cast<double>(setup.shapes.train.count), images ? lanes : 2 * tile);
  const double twice = setup.experiment.precision == Precision::float32 ? 2 : 1;
  return pairs.slope *
         (twice * some * some + static_cast<double>(up_to(setup.test_count(), lanes)));
}

double finite_seconds(const Setup& setup, double enough) {
  if (!setup.experiment.finite) return 0;
  const FiniteSpec& spec = *setup.experiment.finite;
  const FiniteNetwork network(setup.network, setup.shapes.train.sample);
  const auto n = static_cast<double>(setup.shapes.train.count);
  const double batch = spec.batch_size ? std::min(n, static_cast<double>(*spec.batch_size)) : n;
  const auto sample = static_cast<std::int64_t>(std::min(batch, 256.0));
  const Samples x = random_samples(setup.shapes.train, sample, Precision::float64);
  const Matrix y(sample, network.outputs());
  TrainOptions options;
  options.learning_rate = 1e-9;
  options.momentum = spec.momentum;
  options.ensemble = std::min<std::int64_t>(spec.ensemble, setup.runtime.threads());
  std::vector<std::int64_t> sizes;
  for (std::int64_t steps = 2; steps < 4 * spec.steps; steps *= 4)
    sizes.push_back(std::min(steps, spec.steps));
  if (sizes.empty()) return 0;
  const Line line = grow(
      sizes, enough, [](std::int64_t steps) { return static_cast<double>(steps); },
      [&](std::int64_t steps) {
        options.steps = steps;
        return least_seconds_of(
            [&] {
              static_cast<void>(train_members(setup, network, x, y, nullptr, options, nullptr));
            },
            enough);
      });
  // A loss that is recorded is a third of a step: the way forth, of test samples and, of batches,
  // of all training samples.
  constexpr double recorded_a_decade = 32;
  const double steps = static_cast<double>(spec.steps);
  const double records =
      spec.record_all ? steps : std::min(steps, recorded_a_decade * std::log10(steps + 1));
  const double recorded =
      records / 3 * (static_cast<double>(setup.test_count()) + (batch < n ? n : 0)) / batch;
  const double rounds =
      std::ceil(static_cast<double>(spec.ensemble) / static_cast<double>(setup.runtime.threads()));
  return line.of(steps + recorded) * batch / static_cast<double>(sample) * rounds;
}

/// Tables of predictions and losses, as text.
double tables_seconds(const Setup& setup) {
  const double m = static_cast<double>(setup.test_count()),
               outputs = static_cast<double>(setup.shapes.train.outputs);
  double bytes = 0;
  for (const InferenceSpec& spec : setup.experiment.inference)
    for (const KernelKind kernel : spec.kernels) {
      const InferenceOptions options = options_of(spec, kernel, m > 0);
      const double times = prediction_count(spec);
      if (options.predictions) bytes += times * m * outputs * table_line;
      if (options.losses) bytes += times * loss_line;
    }
  return bytes * seconds_of_text;
}

double estimate(const Setup& setup, const KernelPlan& plan, bool kernels_only, const fs::path& out,
                double enough) {
  const DataShape& train = setup.shapes.train;
  const double numbers =
      (static_cast<double>(train.count) + static_cast<double>(setup.test_count())) *
      static_cast<double>(train.sample.features());
  const Line pairs =
      pairs_through(setup, {setup.experiment.kernel.nngp, setup.experiment.kernel.ntk}, enough);
  const double seconds =
      overhead + numbers * seconds_of_datum + kernel_seconds(setup, plan, pairs, out);
  if (kernels_only) return seconds;
  return seconds + description_seconds(setup, pairs) + inference_seconds(setup, enough) +
         finite_seconds(setup, enough) + tables_seconds(setup) + pictures;
}

}  // namespace

double estimate_seconds(const Setup& setup, const KernelPlan& plan, bool kernels_only,
                        const fs::path& out, Patience patience) {
  double seconds = 0;
  const double spent = seconds_of([&] {
    if (patience == Patience::little) {
      seconds = estimate(setup, plan, kernels_only, out, short_sample);
      if (seconds < long_run) return;
    }
    seconds = estimate(setup, plan, kernels_only, out, long_sample);
  });
  // A short run of its own has little patience.
  const bool other = patience == Patience::enough && seconds < long_run;
  return seconds + spent * (other ? short_sample / long_sample : 1);
}

}  // namespace widelimit::experiment
