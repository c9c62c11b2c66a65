// Trials of inference at two sizes, and what follows from them for the size of the run.
#include "inference_duration.hpp"

#include "experiment/solvers.hpp"
#include "sampling.hpp"

#include <widelimit/streamed.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace widelimit::experiment {
namespace {

/// Rows of the matrices on which inference is tried, more where there is more to do; an
/// eigendecomposition costs far more.
constexpr std::int64_t solve_rows = 1024, eigen_rows = 320;
std::int64_t trial_rows(std::int64_t n, bool eigen) {
  const std::int64_t rows = eigen ? eigen_rows : solve_rows;
  return std::min(n, std::clamp(n / 5, rows, 2 * rows));
}
/// Of the time of a trial at least this share grows with the third power of its size.
constexpr double least_share = 0.7, least_eigen_share = 0.3;
constexpr std::size_t few_times = 256;

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

/// Inferences on well-conditioned matrices of n and m samples.
class TrialInference {
 public:
  TrialInference(std::span<const PlannedInference> inferences, const Runtime& runtime,
                 std::int64_t n, std::int64_t m, std::int64_t outputs)
      : inferences_(inferences), runtime_(runtime), has_test_(m > 0) {
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

  [[nodiscard]] double seconds(std::size_t most_times, double enough) const {
    // Threads of BLAS wait for each other: one that is delayed delays all.
    return least_seconds_of([&] { run(most_times); }, 5 * enough);
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
    Solvers solvers(runtime_);
    const Matrix* y_test = has_test_ ? &y_test_ : nullptr;
    for (const PlannedInference& inference : inferences_) {
      InferenceOptions options = inference.options;
      shorten(options.times, most_times);
      shorten(options.diag_reg_path, most_times);
      const Solver& solver = solvers.get(inference.spec->solver);
      if (inference.streamed) {
        const Kernel& kernel = options.kernel == KernelKind::nngp ? nngp_ : ntk_;
        const InMemory train_train(kernel.train_train), test_train(kernel.test_train);
        static_cast<void>(infer_streamed({.train_train = &train_train,
                                          .test_train = has_test_ ? &test_train : nullptr,
                                          .test_diagonal = has_test_ ? &kernel.diagonal : nullptr,
                                          .y_train = &y_train_,
                                          .y_test = y_test},
                                         options, solver));
      } else {
        static_cast<void>(infer(
            {.nngp = nngp_.blocks(), .ntk = ntk_.blocks(), .y_train = &y_train_, .y_test = y_test},
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

  std::span<const PlannedInference> inferences_;
  const Runtime& runtime_;
  bool has_test_;
  Kernel nngp_, ntk_;
  Matrix y_train_, y_test_;
};

}  // namespace

// a n^3 + b n^2, and of each time or ridge beyond a few c n^2 (n^3 with a covariance that is made
// anew): at two sizes and two numbers of times.
double inference_seconds(std::span<const PlannedInference> inferences, const DataShapes& shapes,
                         const Runtime& runtime, double enough) {
  const std::int64_t n = shapes.train.count, outputs = shapes.train.outputs;
  const std::int64_t m = test_count(shapes);
  bool eigen = false, covariances = false;
  std::size_t times = 1;
  for (const PlannedInference& inference : inferences) {
    const InferenceOptions& options = inference.options;
    times = std::max(times, inference.prediction_count());
    eigen = eigen || needs_of(options).eigen;
    covariances = covariances || options.covariance == Covariance::full ||
                  (options.covariance == Covariance::diagonal && options.predictions);
  }
  if (inferences.empty() || (eigen && n < 1)) return 0;
  const std::int64_t rows = trial_rows(n, eigen);
  const double size = static_cast<double>(n) / static_cast<double>(rows);
  const auto tests_of = [&](std::int64_t r) {
    return m == 0
               ? 0
               : std::clamp<std::int64_t>(
                     static_cast<std::int64_t>(static_cast<double>(m * r) / static_cast<double>(n)),
                     1, 2 * r);
  };
  const TrialInference trial(inferences, runtime, rows, tests_of(rows), outputs);
  const std::size_t some = std::min(times, few_times);
  static_cast<void>(trial.seconds(1, 0));  // threads started, memory touched
  const double measured = trial.seconds(some, enough);
  double a_time = 0;
  if (some < times)
    a_time = std::max(measured - trial.seconds(some / 2, enough), 0.0) /
             static_cast<double>(some - some / 2);
  const double more_times = a_time * static_cast<double>(times - some);
  if (rows == n) return measured + more_times;

  // The copy that a solver works on is new memory; norm and condition number read it some ten
  // times, from memory where the trial's was in cache, which takes about as long as it took to fill
  // it.
  double copies = 0;
  for (const PlannedInference& inference : inferences) copies += inference.streamed ? 0.5 : 2.5;
  const double copying = copies * sizeof(double) * static_cast<double>(n) * static_cast<double>(n) *
                         seconds_of_memory();

  const double half = TrialInference(inferences, runtime, rows / 2, tests_of(rows / 2), outputs)
                          .seconds(some, enough);
  // measured = cubic + square, half = cubic / 8 + square / 4.
  const double least = (eigen ? least_eigen_share : least_share) * measured;
  const double cubic = std::clamp(2 * (measured - 4 * half), least, measured);
  const double square = measured - cubic;
  // Test samples that the trial did not have cost two products a training sample and pair.
  const double per_test = eigen ? 3 : 2, alone = eigen ? 9 : 1.0 / 3;
  const double wanted = alone + per_test * static_cast<double>(m) / static_cast<double>(n);
  const double had =
      alone + per_test * static_cast<double>(tests_of(rows)) / static_cast<double>(rows);
  return (wanted / had) * (cubic * size * size * size + square * size * size) +
         more_times * size * size * (covariances ? size : 1) + copying;
}

}  // namespace widelimit::experiment
