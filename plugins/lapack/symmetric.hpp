// What the solvers on LAPACK share: the narrowing of 64-bit sizes to LAPACK's 32-bit ones, and the
// norm of a symmetric matrix, which is also where entries that are no numbers are found.
//
// Matrices are row-major, LAPACK column-major. A symmetric matrix is its own transpose, so nothing
// is copied: what LAPACK calls the lower triangle is our upper one.
//
// Thread safety: free functions.
#pragma once

#include <widelimit/sdk/host.hpp>
#include <widelimit/sdk/views.hpp>

#include <lapacke.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace widelimit::plugins {

inline lapack_int narrow(std::int64_t n) {
  if (n > std::numeric_limits<lapack_int>::max())
    throw sdk::unsupported("LAPACK with 32-bit integers takes up to " +
                           std::to_string(std::numeric_limits<lapack_int>::max()) +
                           " rows, the matrix has " + std::to_string(n));
  return static_cast<lapack_int>(n);
}

/// The numbers between two rows, which LAPACK wants positive even where there is nothing.
inline lapack_int leading(const sdk::MatrixView& a) {
  return narrow(std::max<std::int64_t>(1, a.stride()));
}

inline lapack_int order(const sdk::MatrixView& a) {
  if (a.rows() != a.cols())
    throw sdk::Error(WIDELIMIT_E_ARGUMENT, "a symmetric matrix is wanted, this one is " +
                                               std::to_string(a.rows()) + " x " +
                                               std::to_string(a.cols()));
  return narrow(a.rows());
}

/// The largest sum of magnitudes in a row: the 1-norm and the infinity norm of a symmetric matrix.
inline double finite_norm(const sdk::MatrixView& a, const sdk::Host& host) {
  constexpr std::int64_t rows_worth_a_thread = 64;
  std::atomic<double> norm{0};
  std::atomic<std::int64_t> bad_row{a.rows()};  // the first, whichever thread meets it
  host.parallel_for(a.rows(), rows_worth_a_thread, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      double sum = 0;
      for (const double entry : a.row(i)) sum += std::abs(entry);
      if (!std::isfinite(sum)) {
        std::int64_t first = bad_row.load();
        while (i < first && !bad_row.compare_exchange_weak(first, i)) {
        }
      }
      double largest = norm.load();
      while (sum > largest && !norm.compare_exchange_weak(largest, sum)) {
      }
    }
  });
  if (bad_row < a.rows())
    throw sdk::Error(WIDELIMIT_E_NUMERIC, "the matrix has an entry in row " +
                                              std::to_string(bad_row + 1) +
                                              " that is not a finite number");
  return norm;
}

}  // namespace widelimit::plugins
