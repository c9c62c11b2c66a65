// The formulas are those of LeaveOneOut in inference.hpp.
#include "inference/leave_one_out.hpp"

#include "base/sizes.hpp"
#include "boundary/call_control.hpp"
#include "inference/solve_reports.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace widelimit::detail {

LeaveOneOut leave_one_out(const Setting& s, const Matrix& solved,
                          std::span<const double> inverse_diagonal, double logdet) {
  const Matrix& y = s.centred_targets;
  LeaveOneOut out;
  out.mean = Matrix::uninitialized(s.n, s.outputs);
  double fit = 0;
  for (std::int64_t i = 0; i < s.n; ++i) {
    const double d = inverse_diagonal[to_size(i)];
    for (std::int64_t o = 0; o < s.outputs; ++o) {
      out.mean(i, o) = y(i, o) - solved(i, o) / d;
      fit += y(i, o) * solved(i, o);
    }
    if (!s.two_kernels) out.variance.push_back(1 / d);
  }
  out.log_evidence =
      s.two_kernels
          ? std::numeric_limits<double>::quiet_NaN()
          : -0.5 * (fit + static_cast<double>(s.outputs) *
                              (logdet + static_cast<double>(s.n) * std::log(2 * std::numbers::pi)));
  return out;
}

std::vector<double> inverse_diagonal(const Factor& factor, const Setting& s, SolveInfo& reports) {
  constexpr std::int64_t most_columns = 256;
  const CallControl of_solves(s.control);
  std::vector<double> diagonal;
  for (std::int64_t first = 0; first < s.n; first += most_columns) {
    s.check();
    const std::int64_t columns = std::min(most_columns, s.n - first);
    Matrix unit(s.n, columns);
    for (std::int64_t j = 0; j < columns; ++j) unit(first + j, j) = 1;
    SolveInfo info;
    factor.solve_in_place(unit, &info);
    add(reports, info);
    for (std::int64_t j = 0; j < columns; ++j) diagonal.push_back(unit(first + j, j));
    s.report("leave one out", first + columns, s.n);
  }
  return diagonal;
}

}  // namespace widelimit::detail
