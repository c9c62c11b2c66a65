// The gate to OpenBLAS's process-wide thread count.
#include "execution/blas.hpp"

#include <cblas.h>

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
  bool solver = false;
  int before = 1;  // the host program's own setting, given back when the last tile phase ends
};

Gate& gate() {
  static Gate* const shared =
      new Gate;  // never destroyed: phases may end during static destruction
  return *shared;
}

thread_local int depth = 0;  // phases held by this thread

}  // namespace

TilePhase::TilePhase() {
  if (depth++ > 0) return;
  Gate& g = gate();
  std::unique_lock lock(g.mutex);
  g.changed.wait(lock, [&] { return !g.solver; });
  if (g.tiles++ == 0) {
    g.before = openblas_get_num_threads();
    openblas_set_num_threads(1);
  }
}

TilePhase::~TilePhase() {
  if (--depth > 0) return;
  Gate& g = gate();
  const std::lock_guard lock(g.mutex);
  if (--g.tiles == 0) {
    openblas_set_num_threads(g.before);
    g.changed.notify_all();
  }
}

SolverPhase::SolverPhase(int threads) {
  if (depth++ > 0) return;
  Gate& g = gate();
  std::unique_lock lock(g.mutex);
  g.changed.wait(lock, [&] { return !g.solver && g.tiles == 0; });
  g.solver = true;
  before_ = openblas_get_num_threads();
  openblas_set_num_threads(threads > 0 ? threads : openblas_get_num_procs());
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
