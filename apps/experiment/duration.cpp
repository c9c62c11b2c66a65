// Small samples of the work, timed, and what follows from them for all of it.
#include "duration.hpp"

#include "forecast.hpp"
#include "train.hpp"

#include <widelimit/error.hpp>
#include <widelimit/finite.hpp>
#include <widelimit/streamed.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace widelimit::experiment {
namespace {

namespace fs = std::filesystem;

/// What a sample of work should take: long against the clock and the start of threads.
constexpr double enough_seconds = 0.1;
/// Of the time of the largest sample, at least this share grows with its size.
constexpr double least_share = 0.7;
/// Samples that core computes at once, of one sample's pairs, and the side of its tiles.
constexpr std::int64_t lanes = 16, tile = 128;
/// Rows of the matrices on which inference is tried; an eigendecomposition costs far more.
constexpr std::int64_t solve_rows = 1024, eigen_rows = 320;
constexpr std::int64_t few_times = 256;
/// Seconds for a few dozen small files and the start of the program; and for the pictures of a
/// report, most of which is the start of gnuplot.
constexpr double overhead = 0.03, pictures = 0.3;
/// A number of the data: decompressed, converted, preprocessed, hashed.
constexpr double seconds_of_datum = 25e-9;
/// A byte of a table of numbers as text.
constexpr double seconds_of_text = 1.0 / (60 << 20);

double seconds_of(const auto& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// The shortest of a few tries, fewer where they are long: other programs only ever add to a time.
double least_seconds_of(const auto& work, double budget = enough_seconds) {
  constexpr int most = 16;
  double least = seconds_of(work), all = least;
  for (int tries = 1; tries < most && all < budget; ++tries) {
    const double next = seconds_of(work);
    all += next;
    least = std::min(least, next);
  }
  return least;
}

/// Numbers without pattern: the arithmetic takes as long for any.
Matrix random_matrix(std::int64_t rows, std::int64_t cols, std::uint64_t seed = 1) {
  Matrix values(rows, cols);
  std::uint64_t state = seed;
  for (double& value : values.flat()) {
    state = state * 6364136223846793005u + 1442695040888963407u;  // Knuth, MMIX
    value = static_cast<double>(state >> 40) / static_cast<double>(1 << 23) - 1;
  }
  return values;
}

Samples random_samples(const DataShape& shape, std::int64_t count, Precision precision) {
  return Samples(random_matrix(count, shape.features()), shape.sites).converted(precision);
}

double test_count(const Setup& setup) {
  return setup.shapes.test ? static_cast<double>(setup.shapes.test->count) : 0;
}

std::int64_t up_to(std::int64_t n, std::int64_t step) { return (n + step - 1) / step * step; }

/// Pairs that are computed for a block: lanes are filled up, of a symmetric one half.
double pairs_of(Block block, double rows, double cols) {
  const auto whole = static_cast<double>(up_to(static_cast<std::int64_t>(cols), lanes));
  return block == Block::test_train ? rows * whole : rows * (whole + lanes) / 2;
}

/// Seconds as a line through the two largest samples of some work.
struct Line {
  double at = 0, seconds = 0, slope = 0;
  [[nodiscard]] double of(double amount) const {
    return amount <= at ? seconds * amount / at : seconds + slope * (amount - at);
  }
};

/// `seconds_of_size(size)` over growing sizes, until one takes long enough or is the last; two of
/// them at least, unless one takes very long, since much of the first is done once.
template <class Sizes, class Amount, class Try>
Line grow(const Sizes& sizes, const Amount& amount, const Try& seconds_of_size) {
  Line line;
  bool first = true;
  for (const auto& size : sizes) {
    const double seconds = seconds_of_size(size), at = amount(size), rate = seconds / at;
    const double between = first ? rate : (seconds - line.seconds) / (at - line.at);
    line = {at, seconds, std::clamp(between, least_share * rate, rate)};
    if (seconds >= (first ? 6 : 1) * enough_seconds) break;
    first = false;
  }
  return line;
}

/// Seconds of so many pairs of samples through the network, both kernels or what is computed.
Line pairs_through(const Setup& setup, const Kernels& which) {
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
      sizes, [](const Size& s) { return static_cast<double>(s.rows * s.cols); },
      [&](const Size& s) {
        const Samples rows = all.converted(precision, 0, s.rows),
                      cols = all.converted(precision, 0, s.cols);
        return least_seconds_of([&] {
          if (precision == Precision::float64)
            static_cast<void>(setup.network.kernels<double>(rows, &cols, which));
          else
            static_cast<void>(setup.network.kernels<float>(rows, &cols, which));
        });
      });
}

/// Seconds of a byte of memory that is touched for the first time and filled; of so many that no
/// allocator has them at hand.
double seconds_of_memory() {
  constexpr std::int64_t bytes = 40 << 20;
  return seconds_of([] { static_cast<void>(Matrix(bytes / 8 / 1024, 1024)); }) / bytes;
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
  const auto m = static_cast<std::int64_t>(test_count(setup));
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
                      !setup.shapes.train.sites.empty();
  const double some =
      std::min<double>(static_cast<double>(setup.shapes.train.count), images ? lanes : 2 * tile);
  const double twice = setup.experiment.precision == Precision::float32 ? 2 : 1;
  return pairs.slope *
         (twice * some * some +
          static_cast<double>(up_to(static_cast<std::int64_t>(test_count(setup)), lanes)));
}

class InMemory final : public KernelSource {
 public:
  explicit InMemory(const Matrix& matrix) : matrix_(matrix) {}
  [[nodiscard]] std::int64_t rows() const override { return matrix_.rows(); }
  [[nodiscard]] std::int64_t cols() const override { return matrix_.cols(); }
  void read(std::int64_t row, std::int64_t col, std::int64_t rows, std::int64_t cols, double* out,
            std::int64_t ld) const override {
    for (std::int64_t i = 0; i < rows; ++i) std::copy_n(&matrix_(row + i, col), cols, out + i * ld);
  }

 private:
  const Matrix& matrix_;
};

/// All inference of an experiment on well-conditioned matrices of n and m samples.
class TrialInference {
 public:
  TrialInference(const Setup& setup, std::int64_t n, std::int64_t m, std::int64_t outputs)
      : setup_(setup), has_test_(m > 0) {
    constexpr std::int64_t rank = 32;
    const Matrix train = random_matrix(n, rank), test = random_matrix(m, rank, 2);
    Matrix turned(rank, n), test_turned(rank, m);
    for (std::int64_t k = 0; k < rank; ++k) {
      for (std::int64_t i = 0; i < n; ++i) turned(k, i) = train(i, k);
      for (std::int64_t i = 0; i < m; ++i) test_turned(k, i) = test(i, k);
    }
    for (Kernel* kernel : {&nngp_, &ntk_}) {
      kernel->train_train = train * turned;
      for (std::int64_t i = 0; i < n; ++i) kernel->train_train(i, i) += rank;
      if (!has_test_) continue;
      kernel->test_train = test * turned;
      kernel->test_test = test * test_turned;
      kernel->diagonal.assign(static_cast<std::size_t>(m), 2.0 * rank);
      for (std::int64_t i = 0; i < m; ++i) kernel->test_test(i, i) += rank;
    }
    y_train_ = random_matrix(n, outputs, 3);
    y_test_ = random_matrix(m, outputs, 4);
  }

  [[nodiscard]] double seconds(std::size_t most_times) const {
    // Threads of BLAS wait for each other: one that is held up holds up all.
    return least_seconds_of([&] { run(most_times); }, 5 * enough_seconds);
  }

 private:
  struct Kernel {
    Matrix train_train, test_train, test_test;
    std::vector<double> diagonal;
    [[nodiscard]] KernelBlocks blocks() const {
      const bool test = !test_train.empty();
      return {.train_train = &train_train,
              .test_train = test ? &test_train : nullptr,
              .test_test = test ? &test_test : nullptr,
              .test_diagonal = test ? &diagonal : nullptr};
    }
  };

  void run(std::size_t most_times) const {
    InferenceCache cache;
    std::list<std::pair<const SolverSpec*, Solver>> solvers;
    const auto solver_of = [&](const SolverSpec& spec) -> const Solver& {
      for (const auto& [known, solver] : solvers)
        if (known->type == spec.type && known->params == spec.params) return solver;
      return solvers.emplace_back(&spec, setup_.runtime.solver(spec)).second;
    };
    for (const InferenceSpec& spec : setup_.experiment.inference)
      for (const KernelKind kind : spec.kernels) {
        InferenceOptions options = options_of(spec, kind, has_test_);
        shorten(options.times, most_times);
        shorten(options.diag_reg_path, most_times);
        const Solver& solver = solver_of(spec.solver);
        const Matrix* y_test = has_test_ ? &y_test_ : nullptr;
        if (streams(setup_, spec, kind)) {
          const Kernel& kernel = kind == KernelKind::nngp ? nngp_ : ntk_;
          const InMemory train_train(kernel.train_train), test_train(kernel.test_train);
          static_cast<void>(infer_streamed({.train_train = &train_train,
                                            .test_train = has_test_ ? &test_train : nullptr,
                                            .test_diagonal = has_test_ ? &kernel.diagonal : nullptr,
                                            .y_train = &y_train_,
                                            .y_test = y_test},
                                           options, solver));
        } else {
          static_cast<void>(infer({.nngp = nngp_.blocks(),
                                   .ntk = ntk_.blocks(),
                                   .y_train = &y_train_,
                                   .y_test = y_test},
                                  options, solver, &cache));
        }
      }
  }

  /// Some of the numbers from all over their range: finite times and infinity cost differently.
  static void shorten(std::vector<double>& all, std::size_t most) {
    if (all.size() <= most) return;
    const double stride = static_cast<double>(all.size()) / static_cast<double>(most);
    for (std::size_t i = 0; i < most; ++i)
      all[i] = all[static_cast<std::size_t>(static_cast<double>(i) * stride)];
    all.resize(most);
  }

  const Setup& setup_;
  bool has_test_;
  Kernel nngp_, ntk_;
  Matrix y_train_, y_test_;
};

/// a n^3 + b n^2, and of each time or ridge beyond a few c n^2 (n^3 with a covariance that is made
/// anew): at two sizes and two numbers of times.
double inference_seconds(const Setup& setup) {
  const std::int64_t n = setup.shapes.train.count, outputs = setup.shapes.train.outputs;
  const auto m = static_cast<std::int64_t>(test_count(setup));
  bool eigen = false, covariances = false;
  std::size_t times = 1;
  for (const InferenceSpec& spec : setup.experiment.inference) {
    times = std::max({times, spec.times.size(), spec.diag_reg_path.size()});
    for (const KernelKind kernel : spec.kernels) {
      const InferenceOptions options = options_of(spec, kernel, m > 0);
      eigen = eigen || needs_of(options).eigen;
      covariances = covariances || options.covariance == Covariance::full ||
                    (options.covariance == Covariance::diagonal && options.predictions);
    }
  }
  if (setup.experiment.inference.empty() || (eigen && n < 1)) return 0;
  const std::int64_t rows = std::min(n, eigen ? eigen_rows : solve_rows);
  const double size = static_cast<double>(n) / static_cast<double>(rows);
  const auto tests_of = [&](std::int64_t r) {
    return m == 0
               ? 0
               : std::clamp<std::int64_t>(
                     static_cast<std::int64_t>(static_cast<double>(m * r) / static_cast<double>(n)),
                     1, 2 * r);
  };
  const TrialInference trial(setup, rows, tests_of(rows), outputs);
  const std::size_t some = std::min(times, few_times + std::size_t{0});
  static_cast<void>(trial.seconds(1));  // threads started, memory touched
  const double measured = trial.seconds(some);
  double a_time = 0;
  if (some < times)
    a_time =
        std::max(measured - trial.seconds(some / 2), 0.0) / static_cast<double>(some - some / 2);
  const double more_times = a_time * static_cast<double>(times - some);
  if (rows == n) return measured + more_times;

  // The copy that a solver works on is new memory; norm and condition number read it some ten
  // times, from memory where the trial's was in cache, which takes about as long as it took to fill
  // it.
  double copies = 0;
  for (const InferenceSpec& spec : setup.experiment.inference)
    for (const KernelKind kernel : spec.kernels) copies += streams(setup, spec, kernel) ? 0.5 : 2.5;
  const double copying = copies * sizeof(double) * static_cast<double>(n) * static_cast<double>(n) *
                         seconds_of_memory();

  const double half = TrialInference(setup, rows / 2, tests_of(rows / 2), outputs).seconds(some);
  // measured = cubic + square, half = cubic / 8 + square / 4.
  const double cubic = std::clamp(2 * (measured - 4 * half), 0.3 * measured, measured);
  const double square = measured - cubic;
  // Test samples that the trial did not have cost two products a training sample and pair.
  const double per_test = eigen ? 3 : 2, alone = eigen ? 9 : 1.0 / 3;
  const double wanted = alone + per_test * static_cast<double>(m) / static_cast<double>(n);
  const double had =
      alone + per_test * static_cast<double>(tests_of(rows)) / static_cast<double>(rows);
  return (wanted / had) * (cubic * size * size * size + square * size * size) +
         more_times * size * size * (covariances ? size : 1) + copying;
}

double finite_seconds(const Setup& setup) {
  if (!setup.experiment.finite) return 0;
  const FiniteSpec& spec = *setup.experiment.finite;
  const FiniteNetwork network(setup.network, setup.shapes.train.sites, setup.shapes.train.channels);
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
      sizes, [](std::int64_t steps) { return static_cast<double>(steps); },
      [&](std::int64_t steps) {
        options.steps = steps;
        return least_seconds_of([&] {
          static_cast<void>(train_members(setup, network, x, y, nullptr, options, nullptr));
        });
      });
  // A loss that is recorded is a third of a step: the way forth, of test samples and, of batches,
  // of all training samples.
  constexpr double recorded_a_decade = 32;
  const double steps = static_cast<double>(spec.steps);
  const double records =
      spec.record_all ? steps : std::min(steps, recorded_a_decade * std::log10(steps + 1));
  const double recorded = records / 3 * (test_count(setup) + (batch < n ? n : 0)) / batch;
  const double rounds =
      std::ceil(static_cast<double>(spec.ensemble) / static_cast<double>(setup.runtime.threads()));
  return line.of(steps + recorded) * batch / static_cast<double>(sample) * rounds;
}

/// Tables of predictions and losses, as text.
double tables_seconds(const Setup& setup) {
  const double m = test_count(setup), outputs = static_cast<double>(setup.shapes.train.outputs);
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

}  // namespace

double estimate_seconds(const Setup& setup, const KernelPlan& plan, bool kernels_only,
                        const fs::path& out) {
  const auto begin = std::chrono::steady_clock::now();
  const DataShape& train = setup.shapes.train;
  const double numbers = (static_cast<double>(train.count) + test_count(setup)) *
                         static_cast<double>(train.features());
  const Line pairs =
      pairs_through(setup, {setup.experiment.kernel.nngp, setup.experiment.kernel.ntk});
  double seconds = overhead + numbers * seconds_of_datum + kernel_seconds(setup, plan, pairs, out);
  if (!kernels_only)
    seconds += description_seconds(setup, pairs) + inference_seconds(setup) +
               finite_seconds(setup) + tables_seconds(setup) + pictures;
  return seconds + std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace widelimit::experiment
