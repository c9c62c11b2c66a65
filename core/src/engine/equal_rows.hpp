// Which rows of two sets of samples are equal to the bit: such pairs get their variance, not GEMM's
// number, so a sample against its duplicate is exactly correlated.
#pragma once

#include <cstdint>
#include <vector>

namespace widelimit::detail {

class EqualRows {
 public:
  /// Rows of `features` numbers of T, contiguous. x2 may be x1.
  template <class T>
  static EqualRows find(const T* x1, std::int64_t n1, const T* x2, std::int64_t n2,
                        std::int64_t features);
  /// f(row, column) for every equal pair inside the block.
  template <class F>
  void for_each(std::int64_t row_begin, std::int64_t row_end, std::int64_t col_begin,
                std::int64_t col_end, F&& f) const {
    for (std::int64_t i = row_begin; i < row_end; ++i) {
      const std::int64_t group = group_of_row_[static_cast<std::size_t>(i)];
      if (group < 0) continue;
      for (const std::int64_t j : columns_[static_cast<std::size_t>(group)])
        if (j >= col_begin && j < col_end) f(i, j);
    }
  }

 private:
  std::vector<std::int64_t> group_of_row_;          // -1: equal to no row of x2
  std::vector<std::vector<std::int64_t>> columns_;  // of each group, ascending
};

}  // namespace widelimit::detail
