// What is computed of samples before any pair: their variances, and a hash to find equal ones by.
#pragma once

#include <widelimit/error.hpp>

#include "engine/grid/sample_rows.hpp"
#include "execution/executor.hpp"

#include <cstdint>
#include <vector>

namespace widelimit::detail {

template <class T>
struct SampleFacts {
  /// Mean of squares in one fixed order of float64 summation: equal rows give equal bits, which
  /// BLAS does not promise.
  std::vector<T> variance;
  /// Equal for equal numbers; minus zero counts as zero.
  std::vector<std::uint64_t> hash;
};

/// `executor` may be NULL: this thread alone. Throws Error(usage) that names a sample of `set`
/// whose numbers are not finite or whose variance overflows T; of several the first.
template <class T>
[[nodiscard]] SampleFacts<T> sample_facts(const SampleRows<T>& x, SampleSet set,
                                          Executor* executor);

}  // namespace widelimit::detail
