// Finds equal rows of two sets of samples. Their covariance is set to the variance, not to the
// result of GEMM, so that a sample and its duplicate are exactly correlated.
#pragma once

#include "base/sizes.hpp"
#include "engine/grid/sample_rows.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace widelimit::detail {

class EqualRows {
 public:
  /// Takes the samples and their hashes. x2 may be x1.
  template <class T>
  static EqualRows find(const SampleRows<T>& x1, const std::vector<std::uint64_t>& hash1,
                        const SampleRows<T>& x2, const std::vector<std::uint64_t>& hash2);
  /// Calls f(row, column) for every pair of equal rows in the block.
  template <class F>
  void for_each(std::int64_t row_begin, std::int64_t row_end, std::int64_t col_begin,
                std::int64_t col_end, F&& f) const {
    for (std::int64_t i = row_begin; i < row_end; ++i) {
      const std::int64_t group = group_of_row_[to_size(i)];
      if (group < 0) continue;
      const auto begin = columns_.begin() + begin_[to_size(group)];
      const auto end = columns_.begin() + begin_[to_size(group) + 1];
      for (auto j = std::lower_bound(begin, end, col_begin); j != end && *j < col_end; ++j)
        f(i, *j);
    }
  }

 private:
  std::vector<std::int64_t> group_of_row_;  // -1: no row of x2 is equal
  std::vector<std::int64_t> begin_;         // start of each group in columns_, then the end
  std::vector<std::int64_t> columns_;       // in ascending order within a group
};

}  // namespace widelimit::detail
