// OpenBLAS tries for ever to map a buffer for which a limit of the process leaves no room (its
// blas_memory_alloc has no way to fail). The gate therefore makes sure of the buffers first.
// Thread safety: one thread at a time, with no BLAS call in progress that another phase began.
#pragma once

namespace widelimit::detail {

/// Throws Error(memory) if RLIMIT_AS or RLIMIT_DATA leaves no room for the buffers of `callers`
/// threads that call BLAS at once, and for `new_threads` that OpenBLAS is about to start.
/// Afterwards OpenBLAS has them, so that a later allocation cannot take their room.
void reserve_blas_buffers(int callers, int new_threads);

}  // namespace widelimit::detail
