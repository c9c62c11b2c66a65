// Kernels of images, NNGP and NTK together, per entry of the result: five networks, both
// precisions, sizes of images, threads. All sites and displacements of one entry of the first are
// 1,048,576 site pairs through 21 layers.
//
//   bench_spatial                                    all, on all threads
//   bench_spatial --benchmark_filter=gap/.*threads:1
//   Columns: ms_per_entry, and ns for 16 pairs at one site through one nonlinearity where all
//   displacements are read.
#include <widelimit/runtime.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <utility>

namespace {

using namespace widelimit;

constexpr std::int64_t lanes = 16;

std::string conv(int stride = 1) {
  const std::string s = std::to_string(stride);
  return R"({"type": "conv", "channels": 16, "filter_shape": [3, 3], "padding": "SAME",
             "W_std": 1.4142135623730951, "strides": [)" +
         s + ", " + s + "]}";
}

std::string plain(int depth, const std::string& end) {
  return R"([{"repeat": )" + std::to_string(depth) + R"(, "layers": [)" + conv() +
         R"(, "relu"]}, )" + end + "]";
}

std::string myrtle() {
  const std::string pool = R"({"type": "avg_pool", "window_shape": [2, 2], "strides": [2, 2]})",
                    block = conv() + R"(, "relu", )";
  return "[" + block + block + pool + ", " + block + pool + ", " + block + pool + ", " + pool +
         ", " + pool + R"(, "flatten", "dense"])";
}

// Three groups of four blocks, the later groups on half the sites.
std::string wide_resnet() {
  std::string net = "[" + conv();
  for (const int stride : {1, 2, 2})
    for (int block = 0; block < 4; ++block) {
      const int s = block == 0 ? stride : 1;
      net += R"(, {"type": "sum", "inputs": [[)" + (block == 0 ? conv(s) : "") + R"(], ["relu", )" +
             conv(s) + R"(, "relu", )" + conv() + "]]}";
    }
  return net + R"(, "global_avg_pool", "dense"])";
}

Samples images(std::int64_t n, std::int64_t side, std::int64_t channels, Precision precision) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  Matrix m(n, side * side * channels);
  for (double& v : m.flat()) v = normal(random);
  return Samples(std::move(m), {side, side}).converted(precision);
}

template <class T>
void kernel(benchmark::State& state, const std::string& network, std::int64_t side,
            std::int64_t channels, std::int64_t rows, std::int64_t cols, int threads, int depth) {
  RuntimeOptions options;
  options.plugin_path = {WIDELIMIT_TEST_PLUGINS};
  options.use_environment = options.use_install = false;
  options.threads = threads;
  const Runtime runtime(options);
  const Network net = runtime.network(network);
  const Samples x1 = images(rows, side, channels, precision_of<T>),
                x2 = images(cols, side, channels, precision_of<T>);
  double seconds = 0;
  for (auto _ : state) {
    const auto begin = std::chrono::steady_clock::now();
    benchmark::DoNotOptimize(net.kernels<T>(x1, x2));
    seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }
  const double entry =
      seconds / static_cast<double>(state.iterations()) / static_cast<double>(rows * cols);
  state.counters["ms_per_entry"] = entry * 1e3;
  if (depth > 0)
    state.counters["ns_per_vector"] =
        entry * 1e9 * static_cast<double>(lanes) /
        (static_cast<double>(side * side) * static_cast<double>(side * side) * depth);
}

template <class T>
void add(const std::string& name, const std::string& network, std::int64_t side,
         std::int64_t channels, std::int64_t rows, std::int64_t cols, int depth = 0) {
  for (const int threads : {1, 2})
    benchmark::RegisterBenchmark(
        (name + (sizeof(T) == 4 ? "/float32" : "/float64") + "/side:" + std::to_string(side) +
         "/threads:" + std::to_string(threads))
            .c_str(),
        [=](benchmark::State& state) {
          kernel<T>(state, network, side, channels, rows, cols, threads, depth);
        })
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
}

template <class T>
void add_all() {
  const std::string gap = plain(21, R"("global_avg_pool")");
  add<T>("gap", gap, 8, 3, 32, 64, 21);
  add<T>("gap", gap, 16, 3, 16, 32, 21);
  add<T>("gap", gap, 32, 3, 8, 16, 21);
  add<T>("flatten", plain(21, R"("flatten")"), 32, 3, 64, 64);
  add<T>("wide_resnet", wide_resnet(), 32, 3, 8, 16);
  add<T>("myrtle", myrtle(), 32, 3, 8, 16);
  add<T>("cntk", plain(5, R"("flatten", "dense")"), 28, 1, 256, 256);
}

}  // namespace

int main(int argc, char** argv) {
  add_all<float>();
  add_all<double>();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
