// One pass over the samples, in parallel over rows.
#include "engine/grid/sample_facts.hpp"

#include "base/sizes.hpp"
#include "engine/grid/mean_product.hpp"

#include <bit>
#include <limits>
#include <string>
#include <type_traits>

namespace widelimit::detail {

namespace {

constexpr std::int64_t lanes = 8;

// FNV-1a on whole numbers in independent lanes. MurmurHash3's finaliser mixes the lanes, because
// high bits do not affect low bits in FNV-1a.
template <class T>
std::uint64_t hash(const T* r, std::int64_t features) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  constexpr std::uint64_t prime = 0x100000001b3;
  const auto bits = [](T v) { return std::uint64_t{std::bit_cast<Bits>(v + T{0})}; };
  std::uint64_t h[lanes];
  for (std::int64_t l = 0; l < lanes; ++l)
    h[l] = 0xcbf29ce484222325 + static_cast<std::uint64_t>(l);
  std::int64_t j = 0;
  for (; j + lanes <= features; j += lanes)
    for (std::int64_t l = 0; l < lanes; ++l) h[l] = (h[l] ^ bits(r[j + l])) * prime;
  for (; j < features; ++j) h[0] = (h[0] ^ bits(r[j])) * prime;
  std::uint64_t all = 0;
  for (const std::uint64_t part : h) {
    all = (all ^ part) * prime;
    all ^= all >> 33;
    all *= 0xff51afd7ed558ccd;
    all ^= all >> 33;
  }
  return all;
}

}  // namespace

template <class T>
SampleFacts<T> sample_facts(const SampleRows<T>& x, SampleSet set, Executor* executor) {
  const std::int64_t n = x.count, features = x.features;
  SampleFacts<T> facts;
  facts.variance.resize(to_size(n));
  facts.hash.resize(to_size(n));
  const auto compute_rows = [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const T* r = x.row(i);
      const double mean = mean_product(r, r, features);
      facts.variance[to_size(i)] = mean <= static_cast<double>(std::numeric_limits<T>::max())
                                       ? static_cast<T>(mean)
                                       : std::numeric_limits<T>::quiet_NaN();
      facts.hash[to_size(i)] = hash(r, features);
    }
  };
  constexpr std::int64_t grain = 256;
  if (executor != nullptr)
    executor->parallel_for(n, grain, compute_rows);
  else
    compute_rows(0, n);
  for (std::int64_t i = 0; i < n; ++i)
    if (const T v = facts.variance[to_size(i)]; v != v) {
      const std::string reason =
          std::string("is not finite, or its squares overflow ") +
          (sizeof(T) == 4 ? "float32: scale the data (preprocess), or use float64"
                          : "float64: scale the data (preprocess)");
      throw Error(ErrorCode::usage,
                  "sample " + std::to_string(i) + " of " + (set == SampleSet::x1 ? "x1" : "x2") +
                      " (counted from 0) " + reason,
                  {}, {.sample = SampleNumber{set, i}, .reason = reason});
    }
  return facts;
}

template SampleFacts<float> sample_facts(const SampleRows<float>&, SampleSet, Executor*);
template SampleFacts<double> sample_facts(const SampleRows<double>&, SampleSet, Executor*);

}  // namespace widelimit::detail
