// Conjugate gradients with the diagonal as preconditioner (Hestenes and Stiefel 1952), for solvers
// of the tests: right ones and wrong ones differ in the product that they pass.
// Thread safety: a pure function.
#pragma once

#include <widelimit/sdk/solver.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace widelimit::test {

/// b becomes A^-1 b. product(x, y) computes y = A x for all columns at once; `diagonal` is that of
/// A, empty if it is not known. Stops where the residual of each column is at most `tolerance`
/// times the norm of its right-hand side.
template <class Product>
void conjugate_gradients(const Product& product, std::span<const double> diagonal, double tolerance,
                         sdk::MatrixView b, sdk::SolveInfo& info, const sdk::Host& host) {
  const std::int64_t n = b.rows(), columns = b.cols();
  const auto size = static_cast<std::size_t>(n * columns);
  std::vector<double> x(size), r(size), z(size), p(size), ap(size);
  const auto count = static_cast<std::size_t>(columns);
  std::vector<double> goal(count), rz(count);
  const auto at = [&](std::int64_t i, std::size_t c) {
    return static_cast<std::size_t>(i * columns) + c;
  };
  const auto dot = [&](const std::vector<double>& u, const std::vector<double>& v, std::size_t c) {
    double sum = 0;
    for (std::int64_t i = 0; i < n; ++i) sum += u[at(i, c)] * v[at(i, c)];
    return sum;
  };
  const auto precondition = [&](std::size_t c) {
    for (std::int64_t i = 0; i < n; ++i)
      z[at(i, c)] = r[at(i, c)] / (diagonal.empty() ? 1 : diagonal[static_cast<std::size_t>(i)]);
    return dot(r, z, c);
  };
  for (std::size_t c = 0; c < count; ++c) {
    for (std::int64_t i = 0; i < n; ++i) r[at(i, c)] = b(i, static_cast<std::int64_t>(c));
    goal[c] = tolerance * std::sqrt(dot(r, r, c));
    rz[c] = precondition(c);
  }
  p = z;
  std::vector<bool> solved(count);
  for (std::int64_t step = 0;; ++step) {
    for (std::size_t c = 0; c < count; ++c)
      solved[c] = solved[c] || std::sqrt(dot(r, r, c)) <= goal[c];
    const std::int64_t done = std::count(solved.begin(), solved.end(), true);
    host.report_progress("columns", done, columns);
    if (done == columns) break;
    host.throw_if_cancelled();
    if (step > 50 * n + 100)
      throw sdk::Error(WIDELIMIT_E_NUMERIC,
                       "conjugate gradients do not converge: add a ridge, or try cholesky");
    product(sdk::MatrixView(p.data(), n, columns, columns),
            sdk::MatrixView(ap.data(), n, columns, columns));
    for (std::size_t c = 0; c < count; ++c) {
      if (solved[c]) continue;
      const double curvature = dot(p, ap, c);
      if (!(curvature > 0)) throw sdk::not_positive_definite();
      const double alpha = rz[c] / curvature;
      for (std::int64_t i = 0; i < n; ++i) {
        x[at(i, c)] += alpha * p[at(i, c)];
        r[at(i, c)] -= alpha * ap[at(i, c)];
      }
      const double before = rz[c];
      rz[c] = precondition(c);
      for (std::int64_t i = 0; i < n; ++i) p[at(i, c)] = z[at(i, c)] + rz[c] / before * p[at(i, c)];
      ++info.iterations;
    }
  }
  for (std::size_t c = 0; c < count; ++c)
    for (std::int64_t i = 0; i < n; ++i) b(i, static_cast<std::int64_t>(c)) = x[at(i, c)];
}

}  // namespace widelimit::test
