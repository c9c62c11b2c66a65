// Trials of inference at two sizes, and what follows from them for the size of the run.
#include "inference_duration.hpp"

#include "common/sizes.hpp"
#include "experiment/solvers.hpp"
#include "sampling.hpp"

#include <widelimit/factorised_kernel.hpp>
#include <widelimit/streamed.hpp>

#include <algorithm>
#include <cmath>
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
    for (Trial* kernel : {&kernels_.nngp, &kernels_.ntk}) {
      Matrix train_train = train * turned;
      for (std::int64_t i = 0; i < n; ++i) train_train(i, i) += rank;
      kernel->training =
          FactorisedKernel(std::move(train_train), has_test_ ? test * turned : Matrix());
      if (!has_test_) continue;
      kernel->test_test = test * test_turned;
      kernel->diagonal.assign(to_size(m), 2.0 * rank);
      for (std::int64_t i = 0; i < m; ++i) kernel->test_test(i, i) += rank;
    }
    y_train_ = random_matrix(n, outputs, 3);
    y_test_ = random_matrix(m, outputs, 4);
  }

  [[nodiscard]] double seconds(std::size_t most_times, double enough) {
    // Threads of BLAS wait for each other: one that is delayed delays all.
    return least_seconds_of([&] { run(most_times); }, 5 * enough);
  }

 private:
  struct Trial {
    FactorisedKernel training{Matrix()};
    Matrix test_test;
    std::vector<double> diagonal;
    [[nodiscard]] KernelBlocks blocks() {
      const bool test = !test_test.empty();
      return {.test_test = test ? &test_test : nullptr,
              .test_diagonal = test ? &diagonal : nullptr,
              .factorised = &training};
    }
  };

  void run(std::size_t most_times) {
    for (const Kernel kernel : all_kernels) kernels_[kernel].training.release_factors();
    Solvers solvers(runtime_);
    const Matrix* y_test = has_test_ ? &y_test_ : nullptr;
    for (const PlannedInference& inference : inferences_) {
      InferenceOptions options = inference.options;
      shorten(options.times, most_times);
      shorten(options.diag_reg_path, most_times);
      const Solver& solver = solvers.get(inference.spec->solver);
      if (inference.streamed) {
        const Trial& kernel = kernels_[kernel_of(options.kernel)];
        const MatrixSource train_train(kernel.training.train_train()),
            test_train(kernel.training.test_train());
        static_cast<void>(infer_streamed({.train_train = &train_train,
                                          .test_train = has_test_ ? &test_train : nullptr,
                                          .test_diagonal = has_test_ ? &kernel.diagonal : nullptr,
                                          .y_train = &y_train_,
                                          .y_test = y_test},
                                         options, solver));
      } else {
        static_cast<void>(
            infer({.kernels = {.nngp = kernels_.nngp.blocks(), .ntk = kernels_.ntk.blocks()},
                   .y_train = &y_train_,
                   .y_test = y_test},
                  options, solver));
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
  PerKernel<Trial> kernels_;
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
    times = std::max(times, to_size(prediction_count(options)));
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
  TrialInference trial(inferences, runtime, rows, tests_of(rows), outputs);
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
  // The trial may have had another share of test samples than the run.
  const auto flops_of_pairs = [&](std::int64_t train, std::int64_t test) {
    double flops = 0;
    for (const PlannedInference& inference : inferences)
      flops +=
          cost_of_inference(inference.options, {.train = train, .test = test, .outputs = outputs})
              .flops;
    return flops / std::pow(static_cast<double>(train), 3);
  };
  const double wanted = flops_of_pairs(n, m), had = flops_of_pairs(rows, tests_of(rows));
  return (wanted / had) * (cubic * size * size * size + square * size * size) +
         more_times * size * size * (covariances ? size : 1) + copying;
}

}  // namespace widelimit::experiment
