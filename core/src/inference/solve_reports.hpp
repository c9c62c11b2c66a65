// What several calls of a solver report, as one report.
#pragma once

#include <widelimit/solver.hpp>

#include <cmath>

namespace widelimit::detail {

/// Adds the iterations of one more call; the residual becomes the larger one that is known.
inline void add(SolveInfo& all, const SolveInfo& one) noexcept {
  all.iterations += one.iterations;
  all.residual = std::fmax(all.residual, one.residual);
  if (std::isnan(all.rcond)) all.rcond = one.rcond;
}

}  // namespace widelimit::detail
