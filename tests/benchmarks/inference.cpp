// Inference beside the LAPACK and BLAS calls that it cannot do without, in the same run.
#include <widelimit/inference.hpp>
#include <widelimit/runtime.hpp>

#include "best_time.hpp"

#include <benchmark/benchmark.h>
#include <cblas.h>

#include <cstdint>
#include <limits>
#include <random>
#include <vector>

// LAPACK's Fortran interface, as OpenBLAS exports it; lengths of strings come last.
extern "C" {
void dpotrf_(const char* uplo, const int* n, double* a, const int* lda, int* info, std::size_t);
void dpotrs_(const char* uplo, const int* n, const int* nrhs, const double* a, const int* lda,
             double* b, const int* ldb, int* info, std::size_t);
void dsyevd_(const char* jobz, const char* uplo, const int* n, double* a, const int* lda, double* w,
             double* work, const int* lwork, int* iwork, const int* liwork, int* info, std::size_t,
             std::size_t);
}

using namespace widelimit;

namespace {

Runtime runtime() {
  RuntimeOptions o;
  o.plugin_path = {WIDELIMIT_TEST_PLUGINS};
  return Runtime(std::move(o));
}

Matrix random_matrix(std::int64_t rows, std::int64_t cols, std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> normal;
  Matrix m(rows, cols);
  for (double& v : m.flat()) v = normal(generator);
  return m;
}

/// Blocks of a Gram matrix of random features, with some of the identity.
struct Blocks {
  Matrix train_train, test_train, test_test;
  Blocks(std::int64_t n, std::int64_t m, std::uint64_t seed) {
    const std::int64_t features = 256;
    const Matrix x = random_matrix(n, features, seed), z = random_matrix(m, features, seed + 1);
    const auto gram = [&](const Matrix& a, const Matrix& b) {
      Matrix k = Matrix::uninitialized(a.rows(), b.rows());
      cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, static_cast<int>(a.rows()),
                  static_cast<int>(b.rows()), static_cast<int>(features), 1.0 / features, a.data(),
                  static_cast<int>(features), b.data(), static_cast<int>(features), 0, k.data(),
                  static_cast<int>(b.rows()));
      return k;
    };
    train_train = gram(x, x);
    for (std::int64_t i = 0; i < n; ++i) {
      for (std::int64_t j = 0; j < i; ++j) train_train(i, j) = train_train(j, i);
      train_train(i, i) += 0.5;
    }
    test_train = gram(z, x);
    test_test = gram(z, z);
    for (std::int64_t i = 0; i < m; ++i) test_test(i, i) += 0.5;
  }
  [[nodiscard]] KernelBlocks view() const { return {&train_train, &test_train, &test_test, {}}; }
};

struct Data {
  std::int64_t n, m;
  Blocks nngp, ntk;
  Matrix y_train, y_test;
  Data(std::int64_t samples, std::int64_t tests, std::int64_t outputs)
      : n(samples),
        m(tests),
        nngp(samples, tests, 1),
        ntk(samples, tests, 11),
        y_train(random_matrix(samples, outputs, 5)),
        y_test(random_matrix(tests, outputs, 6)) {}
  [[nodiscard]] InferenceProblem problem() const {
    InferenceProblem p;
    p.kernels.nngp = nngp.view();
    p.kernels.ntk = ntk.view();
    p.y_train = &y_train;
    p.y_test = &y_test;
    return p;
  }
};

/// A product into memory that is there: [rows, inner] times [inner, cols].
void gemm(std::int64_t rows, std::int64_t cols, std::int64_t inner, const Matrix& a,
          const Matrix& b, Matrix& c) {
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, static_cast<int>(rows),
              static_cast<int>(cols), static_cast<int>(inner), 1, a.data(), static_cast<int>(inner),
              b.data(), static_cast<int>(cols), 0, c.data(), static_cast<int>(cols));
}

void report(benchmark::State& state, const BestTime& ours, double calls) {
  state.counters["best_s"] = ours.seconds();
  state.counters["calls_s"] = calls;
  state.counters["ratio"] = ours.seconds() / calls;
}

/// t = infinity, both kernels, full covariance. The calls: a factor and a solve for the test
/// samples for each kernel, K B for the ensemble under the NTK, and a product for each covariance.
void at_infinity(benchmark::State& state) {
  const Data d(state.range(0), state.range(1), state.range(2));
  const Runtime rt = runtime();
  const Solver solver = rt.solver("\"cholesky\"");
  const InferenceProblem p = d.problem();
  InferenceOptions o;
  o.method = Method::gradient_descent_mse_ensemble;
  o.times = {std::numeric_limits<double>::infinity()};
  o.covariance = Covariance::full;
  BestTime ours, factor, solve, product, covariance;
  openblas_set_num_threads(openblas_get_num_procs());
  for (auto _ : state) {
    state.SetIterationTime(ours.measure([&] {
      for (const DrivingKernel kernel : {DrivingKernel::ntk, DrivingKernel::nngp}) {
        o.kernel = kernel;
        benchmark::DoNotOptimize(infer(p, o, solver));
      }
    }));
    Matrix a = d.ntk.train_train.clone(), b = d.ntk.test_train.clone();
    const int n = static_cast<int>(d.n), m = static_cast<int>(d.m);
    int info = 0;
    factor.measure([&] { dpotrf_("L", &n, a.data(), &n, &info, 1); });
    solve.measure([&] { dpotrs_("L", &n, &m, a.data(), &n, b.data(), &n, &info, 1); });
    Matrix c(d.n, d.m), e(d.m, d.m);
    product.measure([&] { gemm(d.n, d.m, d.n, d.nngp.train_train, b, c); });
    covariance.measure([&] { gemm(d.m, d.m, d.n, d.nngp.test_train, c, e); });
  }
  report(state, ours,
         2 * (factor.seconds() + solve.seconds() + covariance.seconds()) + product.seconds());
}
BENCHMARK(at_infinity)
    ->Name("inference/infinity")
    ->ArgNames({"n", "m", "outputs"})
    ->Args({5000, 1000, 10})
    ->Iterations(2)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

/// Losses with variance over many times. The calls: an eigendecomposition for each kernel, V K V',
/// and one n x n x times product.
void losses(benchmark::State& state) {
  const Data d(state.range(0), state.range(1), 1);
  const std::int64_t times = state.range(2);
  const Runtime rt = runtime();
  const Solver solver = rt.solver("\"eigh\"");
  const InferenceProblem p = d.problem();
  InferenceOptions o;
  o.method = Method::gradient_descent_mse_ensemble;
  for (std::int64_t i = 0; i < times; ++i) o.times.push_back(0.1 * static_cast<double>(i));
  o.covariance = Covariance::diagonal;
  o.predictions = false;
  BestTime ours, decomposition, twice, over_time;
  openblas_set_num_threads(openblas_get_num_procs());
  for (auto _ : state) {
    state.SetIterationTime(ours.measure([&] {
      for (const DrivingKernel kernel : {DrivingKernel::ntk, DrivingKernel::nngp}) {
        o.kernel = kernel;
        benchmark::DoNotOptimize(infer(p, o, solver));
      }
    }));
    Matrix a = d.ntk.train_train.clone(), w(d.n, d.n), v(d.n, d.n);
    const int n = static_cast<int>(d.n), lwork = 1 + 6 * n + 2 * n * n, liwork = 3 + 5 * n;
    std::vector<double> values(static_cast<std::size_t>(n)), work(static_cast<std::size_t>(lwork));
    std::vector<int> iwork(static_cast<std::size_t>(liwork));
    int info = 0;
    decomposition.measure([&] {
      dsyevd_("V", "L", &n, a.data(), &n, values.data(), work.data(), &lwork, iwork.data(), &liwork,
              &info, 1, 1);
    });
    twice.measure([&] {
      gemm(d.n, d.n, d.n, a, d.nngp.train_train, w);
      gemm(d.n, d.n, d.n, w, a, v);
    });
    const Matrix g(d.n, times);
    Matrix h(d.n, times);
    over_time.measure([&] { gemm(d.n, times, d.n, v, g, h); });
  }
  report(state, ours, 2 * decomposition.seconds() + twice.seconds() + over_time.seconds());
}
BENCHMARK(losses)
    ->Name("inference/losses")
    ->ArgNames({"n", "m", "times"})
    ->Args({1000, 100, 10000})
    ->Args({112, 13, 10000})
    ->Iterations(3)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
