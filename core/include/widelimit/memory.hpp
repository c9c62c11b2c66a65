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

}  // namespace widelimit
