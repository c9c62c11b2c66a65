// Memory of losses over many times. This executable counts what it allocates.
#include <widelimit/inference.hpp>

#include "core/inference/lapack_solver.hpp"
#include "core/inference/random_problem.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <limits>
#include <new>
#include <vector>

namespace {

std::atomic<std::int64_t> held{0}, peak{0};
constexpr std::size_t header = 64;  // before each block, keeps its alignment

void* count_text(std::size_t bytes) noexcept {
  void* const p = std::aligned_alloc(header, (bytes + 2 * header - 1) / header * header);
  if (p == nullptr) return nullptr;
  *static_cast<std::size_t*>(p) = bytes;
  const std::int64_t now = held += static_cast<std::int64_t>(bytes);
  for (std::int64_t before = peak; before < now && !peak.compare_exchange_weak(before, now);) {
  }
  return static_cast<char*>(p) + header;
}

void release(void* p) noexcept {
  if (p == nullptr) return;
  void* const start = static_cast<char*>(p) - header;
  held -= static_cast<std::int64_t>(*static_cast<std::size_t*>(start));
  std::free(start);
}

}  // namespace

void* operator new(std::size_t n) {
  if (void* p = count_text(n)) return p;
  throw std::bad_alloc();
}
void* operator new(std::size_t n, std::align_val_t) {
  if (void* p = count_text(n)) return p;
  throw std::bad_alloc();
}
void* operator new(std::size_t n, std::align_val_t, const std::nothrow_t&) noexcept {
  return count_text(n);
}
void* operator new(std::size_t n, const std::nothrow_t&) noexcept { return count_text(n); }
void operator delete(void* p) noexcept { release(p); }
void operator delete(void* p, std::size_t) noexcept { release(p); }
void operator delete(void* p, std::align_val_t) noexcept { release(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { release(p); }
void operator delete(void* p, std::align_val_t, const std::nothrow_t&) noexcept { release(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { release(p); }

using namespace widelimit;

namespace {

// Peak of one inference above what is held before and what the result holds, in doubles.
double workspace(const RandomProblem& p, std::int64_t times, DrivingKernel kernel) {
  InferenceOptions o;
  o.method = Method::gradient_descent_mse_ensemble;
  o.kernel = kernel;
  o.covariance = Covariance::diagonal;
  o.predictions = false;
  for (std::int64_t i = 0; i < times; ++i) o.times.push_back(0.1 * static_cast<double>(i));
  const std::int64_t before = held;
  peak = before;
  const InferenceResult r = infer(p.problem(), o, lapack_solver());
  return static_cast<double>(peak - before) / sizeof(double);
}

}  // namespace

TEST_CASE("memory of losses grows with the number of times by the curves themselves") {
  constexpr std::int64_t n = 200, m = 20;
  const RandomProblem p(n, m, 2);
  for (const DrivingKernel kernel : {DrivingKernel::ntk, DrivingKernel::nngp}) {
    const double few = workspace(p, 4096, kernel), many = workspace(p, 40960, kernel);
    // Five curves, the times twice more (as given and scaled), and a copy of them while it moves.
    CHECK(many - few <= 8 * (40960 - 4096) + 1000);
  }
}

TEST_CASE("losses with variance hold at most ten times the numbers of the kernel") {
  constexpr std::int64_t n = 800, m = 80;
  const RandomProblem p(n, m, 1);
  // The decomposition's own workspace (3 n^2 at most) is the plugin's and not counted here.
  for (const DrivingKernel kernel : {DrivingKernel::ntk, DrivingKernel::nngp})
    CHECK(workspace(p, 2000, kernel) <= 7.0 * n * n);
}

namespace {

Matrix repeated(const Matrix& a, std::int64_t times) {
  Matrix b(times * a.rows(), a.cols());
  for (std::int64_t i = 0; i < b.rows(); ++i)
    std::copy_n(a.row(i % a.rows()).data(), a.cols(), b.row(i).data());
  return b;
}

// A hundred test samples, `times` times each.
RandomProblem with_repeated_tests(std::int64_t n, std::int64_t times) {
  RandomProblem p(n, 100, 1);
  for (auto* kernel : {&p.nngp, &p.ntk}) (*kernel)[1] = repeated((*kernel)[1], times);
  for (auto* diagonal : {&p.nngp_diagonal, &p.ntk_diagonal}) {
    const std::vector<double> once = *diagonal;
    for (std::int64_t k = 1; k < times; ++k)
      diagonal->insert(diagonal->end(), once.begin(), once.end());
  }
  p.y_test = repeated(p.y_test, times);
  p.f_test = repeated(p.f_test, times);
  return p;
}

}  // namespace

TEST_CASE("memory of losses grows with the test samples by their kernel alone") {
  constexpr std::int64_t n = 20;
  const RandomProblem few = with_repeated_tests(n, 12), many = with_repeated_tests(n, 60);
  const double grown =
      workspace(many, 2000, DrivingKernel::nngp) - workspace(few, 2000, DrivingKernel::nngp);
  // In the eigenbasis n numbers a sample, and nothing over times.
  CHECK(grown <= 1.1 * n * 4800);
}
