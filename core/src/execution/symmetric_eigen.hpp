// Eigenvalues of symmetric matrices by LAPACK, on as many threads as the phase of the caller
// allows. It calls LAPACKE's `_work` functions, because the others check the entries with 32-bit
// indices, which overflow from 46,341 rows on. The checks are here instead.
#pragma once

#include <widelimit/matrix.hpp>

#include <string_view>
#include <vector>

namespace widelimit::detail {

/// Above this order the workspace of syevd with vectors, 1 + 6 n + 2 n^2 numbers, does not fit into
/// 32-bit integers.
inline constexpr int most_rows_with_eigenvectors = 32766;

enum class Eigenvectors { none, in_place };

/// The eigenvalues of the matrix whose upper triangle, with its diagonal, `a` holds, in ascending
/// order. `a` is destroyed, or row k becomes the eigenvector of value k. `what` names the matrix in
/// messages. Throws Error(numeric) where an entry is not a finite number, or LAPACK does not
/// converge.
[[nodiscard]] std::vector<double> symmetric_eigenvalues(Matrix& a, Eigenvectors vectors,
                                                        std::string_view what);

/// The same of a symmetric tridiagonal matrix; `beside` holds at least the n - 1 numbers beside the
/// diagonal.
[[nodiscard]] std::vector<double> tridiagonal_eigenvalues(std::vector<double> diagonal,
                                                          std::vector<double> beside,
                                                          std::string_view what);

}  // namespace widelimit::detail
