// XXH3 of 128 bits (xxHash by Yann Collet), in its canonical order of bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace widelimit::detail {

using Checksum = std::array<std::uint8_t, 16>;

/// The result is never all zeros, because zeros mean "no tile" in a store.
[[nodiscard]] Checksum checksum(const void* data, std::size_t bytes, std::uint64_t seed);

}  // namespace widelimit::detail
