// How much memory a computation needs, known before it begins.
// Thread safety: a value.
#pragma once

#include <cstdint>

namespace widelimit {

/// Bytes beside inputs and results: what all threads share, and what each thread has for itself.
struct Memory {
  std::int64_t shared = 0, per_thread = 0;

  [[nodiscard]] constexpr std::int64_t total(std::int64_t threads) const noexcept {
    return shared + threads * per_thread;
  }
  friend constexpr bool operator==(const Memory&, const Memory&) = default;
};

/// What OpenBLAS maps for each thread that calls it, and each of its own, and keeps (BUFFER_SIZE of
/// its builds for all x86-64 processors). Little of it is touched, but all of it counts where
/// RLIMIT_AS or RLIMIT_DATA limit a process.
inline constexpr std::int64_t blas_buffer_bytes = std::int64_t{128} << 20;

}  // namespace widelimit
