// Counter-based random numbers (Philox 4x64-10 of Random123; Salmon et al., SC 2011): number i of a
// stream is a function of (seed, stream, i) alone, so any thread may compute any of them. No
// transcendental function of the C library is used, so the bits are the same on every machine with
// IEEE arithmetic, whatever its vector units.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace widelimit::detail {

/// N(0, 1) by Box-Muller: numbers first .. first + n of the stream.
void normals(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::uint64_t n,
             double* out);
/// Uniform on (0, 1), 53 bits: the odd multiples of 2^-53. Independent of the normals of the same
/// stream.
void uniforms(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::uint64_t n,
              double* out);
/// A seed for a part of the work: (member, layer), ...
[[nodiscard]] std::uint64_t derive_seed(std::uint64_t seed, std::uint64_t a, std::uint64_t b);
/// A permutation of 0 .. n-1 (Fisher-Yates).
[[nodiscard]] std::vector<std::int64_t> permutation(std::uint64_t seed, std::uint64_t stream,
                                                    std::int64_t n);

/// One block of the generator itself, from which everything above is made: four words of 64 random
/// bits for a counter and a key.
[[nodiscard]] std::array<std::uint64_t, 4> philox(const std::array<std::uint64_t, 4>& counter,
                                                  const std::array<std::uint64_t, 2>& key);

}  // namespace widelimit::detail
