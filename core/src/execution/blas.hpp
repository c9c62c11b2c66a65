// OpenBLAS's thread count is process-wide. Two kinds of phases share it through one gate: tile
// phases (one BLAS thread, many callers, of all runtimes) and solver phases (all BLAS threads, one
// caller). Both throw Error(memory) if a limit of the process leaves no room for OpenBLAS's
// buffers.
#pragma once

namespace widelimit::detail {

/// While alive: BLAS calls run on one thread each and may come from `callers` threads at once. Any
/// number of these at once. Nested in a phase of the same thread: no effect.
class TilePhase {
 public:
  explicit TilePhase(int callers = 1);
  ~TilePhase();
  TilePhase(const TilePhase&) = delete;
  TilePhase& operator=(const TilePhase&) = delete;

 private:
  int callers_ = 1;
};

/// While alive: BLAS calls of this thread run on `threads` threads (0: as many as the process may
/// use); no other phase is active.
class SolverPhase {
 public:
  explicit SolverPhase(int threads);
  ~SolverPhase();
  SolverPhase(const SolverPhase&) = delete;
  SolverPhase& operator=(const SolverPhase&) = delete;

 private:
  int before_ = 1;
};

}  // namespace widelimit::detail
