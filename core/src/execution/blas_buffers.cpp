// Buffers that are free stay with OpenBLAS: who takes several at once and gives them back has made
// sure of as many later ones.
#include "execution/blas_buffers.hpp"

#include <widelimit/error.hpp>
#include <widelimit/memory.hpp>

#include "base/sizes.hpp"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

// OpenBLAS exports these two, and declares them in its internal common_c.h alone. Without them, the
// room is only looked for.
extern "C" {
[[gnu::weak]] void* blas_memory_alloc(int where);
[[gnu::weak]] void blas_memory_free(void* buffer);
}

namespace widelimit::detail {

namespace {

bool is_limited(decltype(RLIMIT_AS) resource) {
  rlimit bytes{};
  return getrlimit(resource, &bytes) == 0 && bytes.rlim_cur != RLIM_INFINITY;
}

std::size_t stack_bytes() {
  std::size_t bytes = 0;
  pthread_attr_t usual;
  if (pthread_getattr_default_np(&usual) != 0) return 0;
  pthread_attr_getstacksize(&usual, &bytes);
  pthread_attr_destroy(&usual);
  return bytes;
}

bool can_map(std::size_t bytes) {
  void* const there = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (there == MAP_FAILED) return false;
  munmap(there, bytes);
  return true;
}

// OpenBLAS gives free buffers before it maps another, so this maps those that it lacks. False: its
// table of buffers is full.
bool take(std::size_t count) {
  if (blas_memory_alloc == nullptr || blas_memory_free == nullptr) return true;
  static std::set<void*> known;
  std::vector<void*> held;
  bool room = true;
  while (room && known.size() < count) {
    void* const buffer = blas_memory_alloc(0);
    room = buffer != nullptr;
    if (!room) break;
    held.push_back(buffer);
    known.insert(buffer);
  }
  for (void* const buffer : held) blas_memory_free(buffer);
  return room;
}

}  // namespace

void reserve_blas_buffers(int callers, int new_threads) {
  static int reserved = 0, most_callers = 1;
  static int kept = 0;  // by threads that OpenBLAS has started after a reservation
  const int wanted = std::max(most_callers, callers) + kept + new_threads;
  if (wanted > reserved) {
    if (is_limited(RLIMIT_AS) || is_limited(RLIMIT_DATA)) {
      // A thread that has only just started may not have its buffer yet, and take() would hold it.
      const auto buffers = to_size(wanted - reserved + kept);
      const std::size_t bytes =
          buffers * to_size(blas_buffer_bytes) + to_size(new_threads) * stack_bytes();
      if (!can_map(bytes))
        throw Error(ErrorCode::memory,
                    "the limit of this process's memory (ulimit -v, ulimit -d) leaves no room for "
                    "the buffers of OpenBLAS, another " +
                        std::to_string(bytes >> 20) +
                        " MiB of address space; raise the limit, or use fewer threads");
      if (!take(to_size(wanted)))
        throw Error(ErrorCode::memory, "OpenBLAS has no buffers for " + std::to_string(wanted) +
                                           " threads at once; use fewer threads");
    }
    reserved = wanted;
  }
  most_callers = std::max(most_callers, callers);
  kept += new_threads;
}

}  // namespace widelimit::detail
