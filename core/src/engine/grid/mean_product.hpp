// The mean of products of two rows of numbers, in one fixed order of float64 summation: equal rows
// give equal bits, which BLAS does not promise.
#pragma once

#include <cstdint>

namespace widelimit::detail {

template <class T>
[[nodiscard]] double mean_product(const T* a, const T* b, std::int64_t n) noexcept {
  constexpr std::int64_t lanes = 8;
  double sum[lanes] = {};
  std::int64_t j = 0;
  for (; j + lanes <= n; j += lanes)
    for (std::int64_t l = 0; l < lanes; ++l)
      sum[l] += static_cast<double>(a[j + l]) * static_cast<double>(b[j + l]);
  for (; j < n; ++j) sum[0] += static_cast<double>(a[j]) * static_cast<double>(b[j]);
  return (((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]))) /
         static_cast<double>(n);
}

}  // namespace widelimit::detail
