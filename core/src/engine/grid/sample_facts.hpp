// Computes the variance and the hash of every sample, before any pair of samples.
#pragma once

#include <widelimit/error.hpp>

#include "engine/grid/sample_rows.hpp"
#include "execution/executor.hpp"

#include <cstdint>
#include <vector>

namespace widelimit::detail {

template <class T>
struct SampleFacts {
  /// Mean of squares, summed in float64 in a fixed order. Equal rows give equal bits, which BLAS
  /// does not guarantee.
  std::vector<T> variance;
  /// Equal rows have equal hashes; minus zero equals zero.
  std::vector<std::uint64_t> hash;
};

/// `executor` NULL: runs on the calling thread. Throws Error(usage) with the first sample of `set`
/// whose numbers are not finite or whose variance overflows T.
template <class T>
[[nodiscard]] SampleFacts<T> sample_facts(const SampleRows<T>& x, SampleSet set,
                                          Executor* executor);

}  // namespace widelimit::detail
