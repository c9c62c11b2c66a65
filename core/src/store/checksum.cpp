// The only file that uses xxHash, whose code is in its header.
#include "store/checksum.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>

namespace widelimit::detail {

Checksum checksum(const void* data, std::size_t bytes, std::uint64_t seed) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_withSeed(data, bytes, seed));
  Checksum sum;
  static_assert(sizeof sum == sizeof canonical);
  std::memcpy(sum.data(), canonical.digest, sizeof sum);
  if (sum == Checksum{}) sum.back() = 1;
  return sum;
}

}  // namespace widelimit::detail
