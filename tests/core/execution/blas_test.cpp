// The gate in front of OpenBLAS's process-wide thread count.
#include "execution/blas.hpp"

#include "sanitized.hpp"

#include <widelimit/error.hpp>
#include <widelimit/memory.hpp>

#include <cblas.h>
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>
#include <vector>

using widelimit::detail::SolverPhase;
using widelimit::detail::TilePhase;

namespace {

/// While alive: this process may map `more` bytes beyond what it has mapped.
class AddressSpaceLimit {
 public:
  explicit AddressSpaceLimit(std::int64_t more) {
    getrlimit(RLIMIT_AS, &before_);
    std::int64_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    const rlimit now{static_cast<rlim_t>(pages * sysconf(_SC_PAGESIZE) + more), before_.rlim_max};
    REQUIRE(setrlimit(RLIMIT_AS, &now) == 0);
  }
  ~AddressSpaceLimit() { setrlimit(RLIMIT_AS, &before_); }
  AddressSpaceLimit(const AddressSpaceLimit&) = delete;
  AddressSpaceLimit& operator=(const AddressSpaceLimit&) = delete;

 private:
  rlimit before_{};
};

/// Large enough for a buffer of each thread.
double product_on(int threads) {
  constexpr int n = 300;
  const std::vector<double> a(n * n, 1.0);
  double sum = 0;
  const SolverPhase phase(threads);
  std::vector<double> c(n * n);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, a.data(), n, a.data(), n, 0,
              c.data(), n);
  for (const double x : c) sum += x;
  return sum;
}

}  // namespace

TEST_CASE("phases set OpenBLAS's threads and give the program's own setting back") {
  openblas_set_num_threads(3);
  {
    const TilePhase tiles;
    CHECK(openblas_get_num_threads() == 1);
    {
      const SolverPhase nested(2);  // of the same thread: no effect, and no deadlock
      CHECK(openblas_get_num_threads() == 1);
    }
  }
  CHECK(openblas_get_num_threads() == 3);
  {
    const SolverPhase solver(2);
    CHECK(openblas_get_num_threads() == 2);
    const TilePhase nested;
    CHECK(openblas_get_num_threads() == 2);
  }
  CHECK(openblas_get_num_threads() == 3);
  {
    const SolverPhase all(0);
    CHECK(openblas_get_num_threads() == openblas_get_num_procs());
  }
  openblas_set_num_threads(1);
}

TEST_CASE("tile phases share, a solver phase is alone") {
  std::atomic<int> tiles{0}, most_tiles{0}, solvers{0}, wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        if (t < 3) {
          const TilePhase phase;
          const int now = ++tiles;
          int most = most_tiles;
          while (now > most && !most_tiles.compare_exchange_weak(most, now)) {
          }
          if (solvers != 0) ++wrong;
          std::this_thread::sleep_for(std::chrono::microseconds(200));
          --tiles;
        } else {
          const SolverPhase phase(1);
          ++solvers;
          if (tiles != 0 || solvers != 1) ++wrong;
          std::this_thread::sleep_for(std::chrono::microseconds(100));
          --solvers;
        }
      }
    });
  for (std::thread& t : threads) t.join();
  CHECK(wrong == 0);
  CHECK(most_tiles > 1);
}

TEST_CASE("a phase whose buffers do not fit a limit is refused, and one that began keeps its own") {
  if (widelimit::test::sanitized) return;  // memory of its own
  constexpr std::int64_t buffer = widelimit::blas_buffer_bytes, MiB = 1 << 20;
  openblas_set_num_threads(1);
  const int threads = 40;  // more than other cases have made room for
  {
    const AddressSpaceLimit limit(20 * buffer);
    CHECK_THROWS_WITH_AS(const TilePhase tiles(threads),
                         doctest::Contains("leaves no room for the buffers of OpenBLAS"),
                         widelimit::Error);
    CHECK_THROWS_AS(const SolverPhase solver(threads), widelimit::Error);
    CHECK_NOTHROW(const TilePhase tiles(2));  // the others changed nothing
    CHECK(product_on(2) == 300.0 * 300 * 300);
  }
  const AddressSpaceLimit limit(20 * MiB);  // less than a buffer
  CHECK_NOTHROW(const TilePhase tiles(2));
  CHECK(product_on(2) == 300.0 * 300 * 300);
}
