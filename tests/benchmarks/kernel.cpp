// Kernels of a fully connected ReLU network of depth 3 beside their yardstick in the same process:
// SYRK of the same samples on all cores. Targets: float32, n = 10,000: 1.6 x SYRK; float64,
// n = 5,000: 1.8 x SYRK, NNGP and NTK, both triangles filled, in memory already touched.
//
//   bench_kernel                                  all
//   bench_kernel --benchmark_filter=float32 --benchmark_repetitions=5
#include <widelimit/experiment/files.hpp>
#include <widelimit/runtime.hpp>

#include "core/engine/plugin_runtime.hpp"

#include <benchmark/benchmark.h>
#include <cblas.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace widelimit;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t features = 784;

Network depth_three() {
  return test::plugin_network(R"([{"type": "dense", "W_std": 1.5, "b_std": 0.1}, "relu",
                               {"type": "dense", "W_std": 1.5, "b_std": 0.1}, "relu",
                               {"type": "dense", "W_std": 1.5, "b_std": 0.1}, "relu",
                               {"type": "dense", "W_std": 1.5, "b_std": 0.1}])");
}

template <class T>
BasicMatrix<T> samples(std::int64_t n) {
  BasicMatrix<T> x = BasicMatrix<T>::uninitialized(n, features);
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> uniform(0, 1);  // like pixels
  std::generate(x.flat().begin(), x.flat().end(), [&] { return static_cast<T>(uniform(random)); });
  return x;
}

void syrk(const MatrixF& x, MatrixF& k) {
  const int n = static_cast<int>(x.rows()), d = static_cast<int>(x.cols());
  cblas_ssyrk(CblasRowMajor, CblasUpper, CblasNoTrans, n, d, 1.0F / static_cast<float>(d), x.data(),
              d, 0.0F, k.data(), n);
}
void syrk(const Matrix& x, Matrix& k) {
  const int n = static_cast<int>(x.rows()), d = static_cast<int>(x.cols());
  cblas_dsyrk(CblasRowMajor, CblasUpper, CblasNoTrans, n, d, 1.0 / static_cast<double>(d), x.data(),
              d, 0.0, k.data(), n);
}

double seconds(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// The work and the yardstick take turns, so that a busy machine slows both.
template <class Work, class Yardstick>
void compare(benchmark::State& state, Work&& work, Yardstick&& yardstick) {
  work();
  yardstick();
  double best_work = 1e9, best_yardstick = 1e9;
  for ([[maybe_unused]] auto unused : state) {
    auto begin = Clock::now();
    work();
    const double t = seconds(begin);
    state.SetIterationTime(t);
    best_work = std::min(best_work, t);
    begin = Clock::now();
    yardstick();
    best_yardstick = std::min(best_yardstick, seconds(begin));
  }
  state.counters["best_ms"] = best_work * 1e3;
  state.counters["yardstick_ms"] = best_yardstick * 1e3;
  state.counters["ratio"] = best_work / best_yardstick;
}

template <class T>
void in_memory(benchmark::State& state, bool nngp, bool ntk) {
  const std::int64_t n = state.range(0);
  openblas_set_num_threads(openblas_get_num_procs());
  const BasicMatrix<T> x = samples<T>(n);
  const Samples s(x.clone());
  const PlannedNetwork plan = depth_three().plan(s.shape());
  BasicMatrix<T> k(n, n), t(n, n), gram(n, n);
  compare(
      state,
      [&] {
        plan.kernels_into<T>(s, {}, {nngp ? k.data() : nullptr, ntk ? t.data() : nullptr},
                             k.cols());
      },
      [&] { syrk(x, gram); });
}

// The same into files, beside writing as many bytes in one piece, as durably.
void files(benchmark::State& state) {
  namespace fs = std::filesystem;
  const std::int64_t n = state.range(0);
  const Samples s(samples<float>(n));
  const Network net = depth_three();
  const fs::path folder = fs::temp_directory_path() / "widelimit_bench_kernel";
  fs::create_directories(folder);
  const std::vector<char> bytes(static_cast<std::size_t>(n * n) * sizeof(float));
  compare(
      state,
      [&] {
        KernelFiles sink({folder / "nngp.npy", folder / "ntk.npy"}, n, n, Precision::float32);
        net.plan(s.shape()).kernels_to(s, {}, Precision::float32, both_kernels, sink);
        sink.commit();
      },
      [&] {
        for (const char* name : {"a.bin", "b.bin"}) {
          AtomicFile file(folder / name);
          file.write(bytes.data(), bytes.size());
          file.commit();
        }
      });
  fs::remove_all(folder);
}

void float32(benchmark::State& state, bool nngp, bool ntk) { in_memory<float>(state, nngp, ntk); }
void float64(benchmark::State& state, bool nngp, bool ntk) { in_memory<double>(state, nngp, ntk); }

BENCHMARK_CAPTURE(float32, both, true, true)
    ->Arg(10000)
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();
BENCHMARK_CAPTURE(float32, nngp, true, false)
    ->Arg(10000)
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();
BENCHMARK_CAPTURE(float64, both, true, true)
    ->Arg(5000)
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();
BENCHMARK(files)->Arg(10000)->Unit(benchmark::kMillisecond)->UseManualTime();

}  // namespace

BENCHMARK_MAIN();
