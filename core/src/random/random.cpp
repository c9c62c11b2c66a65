// Streams of Philox blocks, and uniforms, seeds and permutations from them.
#include "random/random.hpp"

#include "base/sizes.hpp"
#include "random/box_muller.hpp"

#include <Random123/philox.h>

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

namespace widelimit::detail {

namespace {

// The last word of the counter keeps the uses of one (seed, stream) apart.
enum Use : std::uint64_t { for_uniforms, for_normals, for_seeds, for_permutations };

constexpr std::uint64_t words_a_block = 4;
constexpr std::uint64_t blocks_a_batch = 128;
constexpr std::uint64_t words_a_batch = words_a_block * blocks_a_batch;

// Blocks first .. first + n of a stream, four words each.
void blocks(std::uint64_t seed, std::uint64_t stream, Use use, std::uint64_t first, std::uint64_t n,
            std::uint64_t* out) {
  const r123::Philox4x64 generator;
  const r123::Philox4x64::key_type key = {{seed, stream}};
  for (std::uint64_t i = 0; i < n; ++i) {
    const r123::Philox4x64::ctr_type counter = {{first + i, 0, 0, use}};
    const auto words = generator(counter, key);
    std::copy_n(words.v, words_a_block, out + words_a_block * i);
  }
}

// Bits to the odd multiples of 2^-53: 52 of them as the fraction of a number in [1, 2). Every step
// is exact.
double open_unit(std::uint64_t word) {
  return std::bit_cast<double>((word >> 12) | 0x3ff0000000000000u) - 1.0 + 0x1p-53;
}

// Calls make(uniforms of whole blocks, how many) batch by batch, in place, and copies the numbers
// [first, first + n) to out: where a caller starts and stops does not change a number.
template <class Make>
void batches(std::uint64_t seed, std::uint64_t stream, Use use, std::uint64_t first,
             std::uint64_t n, double* out, Make make) {
  std::uint64_t words[words_a_batch];
  double numbers[words_a_batch];
  while (n > 0) {
    const std::uint64_t skip = first % words_a_block;
    const std::uint64_t take = std::min(n, words_a_batch - skip);
    const std::uint64_t count = (skip + take + words_a_block - 1) / words_a_block;
    blocks(seed, stream, use, first / words_a_block, count, words);
    for (std::uint64_t i = 0; i < words_a_block * count; ++i) numbers[i] = open_unit(words[i]);
    make(numbers, words_a_block * count);
    out = std::copy_n(numbers + skip, take, out);
    first += take;
    n -= take;
  }
}

}  // namespace

void normals(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::uint64_t n,
             double* out) {
  batches(seed, stream, for_normals, first, n, out, box_muller);
}

void uniforms(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::uint64_t n,
              double* out) {
  batches(seed, stream, for_uniforms, first, n, out, [](double*, std::uint64_t) {});
}

std::uint64_t derive_seed(std::uint64_t seed, std::uint64_t a, std::uint64_t b) {
  return philox({a, b, 0, for_seeds}, {seed, 0})[0];
}

std::vector<std::int64_t> permutation(std::uint64_t seed, std::uint64_t stream, std::int64_t n) {
  std::vector<std::int64_t> order(to_size(std::max<std::int64_t>(n, 0)));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::uint64_t words[words_a_block], drawn = 0;
  const auto next = [&] {
    if (drawn % words_a_block == 0)
      blocks(seed, stream, for_permutations, drawn / words_a_block, 1, words);
    return words[drawn++ % words_a_block];
  };
  // Below `bound` without bias: rejects the first 2^64 mod bound words, which would be hit once too
  // often.
  const auto below = [&](std::uint64_t bound) {
    const std::uint64_t rejected = (0 - bound) % bound;
    for (;;)
      if (const std::uint64_t word = next(); word >= rejected) return to_size(word % bound);
  };
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[below(i)]);
  return order;
}

std::array<std::uint64_t, 4> philox(const std::array<std::uint64_t, 4>& counter,
                                    const std::array<std::uint64_t, 2>& key) {
  const auto words =
      r123::Philox4x64{}({{counter[0], counter[1], counter[2], counter[3]}}, {{key[0], key[1]}});
  return {words[0], words[1], words[2], words[3]};
}

}  // namespace widelimit::detail
