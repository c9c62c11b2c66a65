// The gate to OpenBLAS's process-wide thread count.
#include "execution/blas.hpp"

#include "execution/blas_buffers.hpp"

#include <cblas.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace widelimit::detail {

namespace {

// There is one gate for the process, because openblas_set_num_threads acts on the whole process
// (OpenBLAS#3917).
struct Gate {
  std::mutex mutex;
  std::condition_variable changed;
  int tiles = 0;
  int callers = 0;  // the threads of these phases
  bool solver = false;
  int before = 1;        // the host program's own setting, given back when the last tile phase ends
  int most_threads = 0;  // that OpenBLAS has had; it keeps those it does not use
};

Gate& gate() {
  static Gate* const shared =
      new Gate;  // never destroyed: phases may end during static destruction
  return *shared;
}

thread_local int depth = 0;  // phases held by this thread

}  // namespace

TilePhase::TilePhase(int callers) : callers_(callers) {
  if (depth > 0) {
    ++depth;
    return;
  }
  Gate& g = gate();
  std::unique_lock lock(g.mutex);
  g.changed.wait(lock, [&] { return !g.solver; });
  reserve_blas_buffers(g.callers + callers_, 0);
  ++depth;
  g.callers += callers_;
  if (g.tiles++ == 0) {
    g.before = openblas_get_num_threads();
    openblas_set_num_threads(1);
  }
}

TilePhase::~TilePhase() {
  if (--depth > 0) return;
  Gate& g = gate();
  const std::lock_guard lock(g.mutex);
  g.callers -= callers_;
  if (--g.tiles == 0) {
    openblas_set_num_threads(g.before);
    g.changed.notify_all();
  }
}

SolverPhase::SolverPhase(int threads) {
  if (depth > 0) {
    ++depth;
    return;
  }
  if (threads <= 0) threads = openblas_get_num_procs();
  Gate& g = gate();
  std::unique_lock lock(g.mutex);
  g.changed.wait(lock, [&] { return !g.solver && g.tiles == 0; });
  before_ = openblas_get_num_threads();
  g.most_threads = std::max(g.most_threads, before_);
  reserve_blas_buffers(1, std::max(0, threads - g.most_threads));
  ++depth;
  g.solver = true;
  g.most_threads = std::max(g.most_threads, threads);
  openblas_set_num_threads(threads);
}

SolverPhase::~SolverPhase() {
  if (--depth > 0) return;
  Gate& g = gate();
  const std::lock_guard lock(g.mutex);
  openblas_set_num_threads(before_);
  g.solver = false;
  g.changed.notify_all();
}

}  // namespace widelimit::detail
