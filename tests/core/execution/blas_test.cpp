// The gate in front of OpenBLAS's process-wide thread count.
#include "execution/blas.hpp"

#include <cblas.h>
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

using widelimit::detail::SolverPhase;
using widelimit::detail::TilePhase;

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
