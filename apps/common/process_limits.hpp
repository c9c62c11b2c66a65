// The limits that `ulimit -v` and `ulimit -d` set for this process, and what OpenBLAS does at them.
// Thread safety: pure functions, except for restart_within_limits.
#pragma once

namespace widelimit::apps {

/// In bytes.
struct AddressSpace {
  /// All that is mapped (RLIMIT_AS, `ulimit -v`).
  double all = 0;
  /// What is private and writable of it (RLIMIT_DATA, `ulimit -d`).
  double data = 0;
};

/// Infinite where there is no limit.
[[nodiscard]] AddressSpace address_space_limit();
/// What this process has mapped; 0 where /proc does not tell.
[[nodiscard]] AddressSpace address_space_in_use();

/// What a thread that calls OpenBLAS takes: its buffer and its stack.
[[nodiscard]] double blas_thread_bytes();

/// Call it first in main. The threads that OpenBLAS starts when it is loaded wait for ever for
/// buffers that do not fit a limit, and the end of the program waits for them. Under a limit the
/// program therefore begins again with OPENBLAS_NUM_THREADS=1. Core starts the other threads when
/// it needs them, and makes sure of their buffers before.
void restart_within_limits(char** argv);

}  // namespace widelimit::apps
