// LAPACK's syevd and sterf, with the checks of their arguments.
#include "execution/symmetric_eigen.hpp"

#include <widelimit/error.hpp>

#include "base/sizes.hpp"

#include <lapacke.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace widelimit::detail {

namespace {

[[noreturn]] void fail(std::string_view what, const std::string& why) {
  throw Error(ErrorCode::numeric,
              "the eigenvalues of " + std::string(what) + " cannot be computed: " + why);
}

bool all_finite(std::span<const double> numbers) {
  return std::ranges::all_of(numbers, [](double x) { return std::isfinite(x); });
}

void check(lapack_int info, std::string_view what, const char* routine) {
  if (info > 0) fail(what, std::string("LAPACK's ") + routine + " did not converge");
  if (info < 0)
    throw Error(ErrorCode::internal, std::string("LAPACK's ") + routine + " refused argument " +
                                         std::to_string(-info) + " of its call");
}

}  // namespace

std::vector<double> symmetric_eigenvalues(Matrix& a, Eigenvectors vectors, std::string_view what) {
  for (std::int64_t i = 0; i < a.rows(); ++i)
    if (!all_finite(a.row(i).subspan(to_size(i))))
      fail(what, "row " + std::to_string(i + 1) + " has an entry that is not a finite number");
  std::vector<double> values(to_size(a.rows()));
  if (values.empty()) return values;
  // Row-major above the diagonal is column-major below it.
  const auto n = static_cast<lapack_int>(a.rows());
  const auto syevd = [&](double* work, lapack_int n_work, lapack_int* integers,
                         lapack_int n_integers) {
    check(LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, vectors == Eigenvectors::none ? 'N' : 'V', 'L', n,
                              a.data(), n, values.data(), work, n_work, integers, n_integers),
          what, "dsyevd");
  };
  double work_size = 0;
  lapack_int integers_size = 0;
  syevd(&work_size, -1, &integers_size, -1);
  std::vector<double> work(static_cast<std::size_t>(work_size));
  std::vector<lapack_int> integers(to_size(integers_size));
  syevd(work.data(), static_cast<lapack_int>(work.size()), integers.data(), integers_size);
  return values;
}

std::vector<double> tridiagonal_eigenvalues(std::vector<double> diagonal,
                                            std::vector<double> beside, std::string_view what) {
  if (diagonal.empty()) return diagonal;
  if (!all_finite(diagonal) || !all_finite(std::span(beside).first(diagonal.size() - 1)))
    fail(what, "it has entries that are not finite numbers, or products with it overflow");
  check(
      LAPACKE_dsterf_work(static_cast<lapack_int>(diagonal.size()), diagonal.data(), beside.data()),
      what, "dsterf");
  return diagonal;
}

}  // namespace widelimit::detail
