// Memory: a kernel needs its inputs, its results, and little more.
#include "core/engine/static_layers.hpp"
#include "sanitized.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <string>

using namespace widelimit;
using namespace widelimit::test;

namespace {

// A number of kibibytes from /proc/self/status, in bytes.
std::int64_t status(const std::string& key) {
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;)
    if (word == key + ":") {
      std::int64_t kibibytes = 0;
      file >> kibibytes;
      return kibibytes * 1024;
    }
  return -1;
}

// Peak beyond what is there before the call; -1 where this system cannot say.
template <class F>
std::int64_t peak_of(F&& f) {
  std::ofstream reset("/proc/self/clear_refs");
  if (!(reset << "5" << std::flush)) return -1;
  const std::int64_t before = status("VmRSS");
  f();
  return status("VmHWM") - before;
}

}  // namespace

TEST_CASE("beside inputs and results a kernel takes less than 128 MiB") {
  if (sanitized) return;  // shadow memory is counted too
  constexpr std::int64_t n = 5000, features = 784, mebibyte = 1 << 20;
  const Network net = network({dense(0.5, 0.1), square(), dense(0.5, 0.1)}, 2);
  const Matrix wide = random_matrix(n, features, 60);
  const MatrixF narrow = to_float(wide);
  const Samples x64(wide.clone()), x32(narrow.clone());
  Matrix nngp(n, n), ntk(n, n);  // zero-filled: touched
  const PlannedNetwork plan = net.plan(x64.shape());
  const auto in_memory = [&] { plan.kernels_into<double>(x64, {}, {nngp.data(), ntk.data()}, n); };
  std::int64_t peak = peak_of(in_memory);
  MESSAGE("float64, into memory: " << peak / mebibyte << " MiB");
  CHECK(peak < 128 * mebibyte);
  // What was said beforehand; OpenBLAS keeps some buffers of its own.
  const std::int64_t said = plan.kernels_cost(n, n, true, Precision::float64).memory.total(2);
  CHECK(said < 128 * mebibyte);
  CHECK(peak < said + 64 * mebibyte);

  peak = peak_of([&] {
    const PerKernel<Matrix> k = net.kernels<double>(x64);
    CHECK(k.nngp(0, 1) == nngp(0, 1));
  });
  MESSAGE("float64, results made by the call: " << peak / mebibyte << " MiB");
  CHECK(peak < 2 * n * n * 8 + 128 * mebibyte);

  const std::int64_t inputs = n * features * 8;
  peak = peak_of([&] { plan.kernels_into<double>(x32, {}, {nngp.data(), ntk.data()}, n); });
  MESSAGE("float64 of float32 samples: " << peak / mebibyte << " MiB");
  CHECK(peak < inputs + 128 * mebibyte);
}
