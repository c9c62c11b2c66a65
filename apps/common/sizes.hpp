// The conversion from signed counts and indices to those of the standard library.
#pragma once

#include <concepts>
#include <cstddef>

namespace widelimit {

/// `n` must not be negative.
[[nodiscard]] constexpr std::size_t to_size(std::integral auto n) noexcept {
  return static_cast<std::size_t>(n);
}

}  // namespace widelimit
