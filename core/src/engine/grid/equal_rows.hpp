// Which rows of two sets of samples are equal, number by number: such pairs get their variance, not
// GEMM's number, so a sample against its duplicate is exactly correlated.
#pragma once

#include "engine/grid/sample_rows.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace widelimit::detail {

class EqualRows {
 public:
  /// Rows with their hashes. x2 may be x1.
  template <class T>
  static EqualRows find(const SampleRows<T>& x1, const std::vector<std::uint64_t>& hash1,
                        const SampleRows<T>& x2, const std::vector<std::uint64_t>& hash2);
  /// f(row, column) for every equal pair inside the block.
  template <class F>
  void for_each(std::int64_t row_begin, std::int64_t row_end, std::int64_t col_begin,
                std::int64_t col_end, F&& f) const {
    for (std::int64_t i = row_begin; i < row_end; ++i) {
      const std::int64_t group = group_of_row_[static_cast<std::size_t>(i)];
      if (group < 0) continue;
      const auto begin = columns_.begin() + begin_[static_cast<std::size_t>(group)];
      const auto end = columns_.begin() + begin_[static_cast<std::size_t>(group) + 1];
      for (auto j = std::lower_bound(begin, end, col_begin); j != end && *j < col_end; ++j)
        f(i, *j);
    }
  }

 private:
  std::vector<std::int64_t> group_of_row_;  // -1: equal to no row of x2
  std::vector<std::int64_t> begin_;         // of each group in columns_; one more at the end
  std::vector<std::int64_t> columns_;       // ascending within a group
};

}  // namespace widelimit::detail
