// Training at finite width, beside the matrix products it consists of.
#include <widelimit/finite.hpp>
#include <widelimit/runtime.hpp>

#include "best_time.hpp"

#include <benchmark/benchmark.h>
#include <cblas.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

using namespace widelimit;

namespace {

Matrix random_matrix(std::int64_t rows, std::int64_t cols) {
  static std::mt19937_64 generator(1);
  std::normal_distribution<double> normal;
  Matrix m(rows, cols);
  for (double& v : m.flat()) v = normal(generator);
  return m;
}

Runtime runtime(int threads) {
  RuntimeOptions o;
  o.plugin_path = {WIDELIMIT_TEST_PLUGINS};
  o.threads = threads;
  return Runtime(std::move(o));
}

/// Products of one step of [n, in] -> width -> 1: forward, by the weights, by the hidden layer.
void products(int n, int in, int width, const std::vector<double>& x, const std::vector<double>& w,
              std::vector<double>& h, std::vector<double>& g) {
  const auto gemm = [](CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, int rows, int cols, int inner,
                       const double* a, const double* b, double* c) {
    cblas_dgemm(CblasRowMajor, ta, tb, rows, cols, inner, 1, a, ta == CblasNoTrans ? inner : rows,
                b, tb == CblasNoTrans ? cols : inner, 0, c, cols);
  };
  gemm(CblasNoTrans, CblasNoTrans, n, width, in, x.data(), w.data(), h.data());
  gemm(CblasNoTrans, CblasNoTrans, n, 1, width, h.data(), w.data(), g.data());
  gemm(CblasTrans, CblasNoTrans, width, 1, n, h.data(), x.data(), g.data());
  gemm(CblasNoTrans, CblasNoTrans, n, width, 1, x.data(), w.data(), h.data());
  gemm(CblasTrans, CblasNoTrans, in, width, n, x.data(), h.data(), g.data());
}

/// args: samples, inputs, width, steps, record every step.
void train_one(benchmark::State& state) {
  const auto n = state.range(0), in = state.range(1), width = state.range(2);
  const Runtime rt = runtime(1);
  const Network network =
      rt.network(R"([{"type": "dense", "width": )" + std::to_string(width) +
                 R"(, "W_std": 1.5, "b_std": 0.05}, "relu", {"type": "dense", "width": 1}])");
  const FiniteNetwork net(network, {{}, in});
  const Samples x(random_matrix(n, in)), x_test(random_matrix(n / 8, in));
  const Matrix y = random_matrix(n, 1), y_test = random_matrix(n / 8, 1);
  TrainOptions o;
  o.steps = state.range(3);
  o.record_all = state.range(4) != 0;
  o.learning_rate = 0.01;

  std::vector<double> a(static_cast<std::size_t>(n * in), 1),
      w(static_cast<std::size_t>(in * width), 1), h(static_cast<std::size_t>(n * width), 1),
      g(static_cast<std::size_t>(in * width), 1);
  openblas_set_num_threads(1);
  BestTime ours, blas;
  for (auto _ : state) {
    state.SetIterationTime(
        ours.measure([&] { benchmark::DoNotOptimize(train(net, x, y, x_test, &y_test, o)); }));
    blas.measure([&] {
      for (std::int64_t s = 0; s < o.steps; ++s)
        products(static_cast<int>(n), static_cast<int>(in), static_cast<int>(width), a, w, h, g);
    });
  }
  state.counters["us_a_step"] = 1e6 * ours.seconds() / static_cast<double>(o.steps);
  state.counters["of_blas"] = ours.seconds() / blas.seconds();
}
BENCHMARK(train_one)
    ->Name("train/tutorial")
    ->ArgNames({"n", "in", "width", "steps", "all"})
    ->Args({112, 2, 512, 10000, 0})
    ->Args({112, 2, 512, 10000, 1})
    ->Iterations(3)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(train_one)
    ->Name("train/wide")
    ->ArgNames({"n", "in", "width", "steps", "all"})
    ->Args({4096, 784, 1024, 4, 0})
    ->Iterations(3)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
