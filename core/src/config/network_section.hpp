// Networks and solvers of an experiment: from what is written to specifications.
#pragma once

#include "config/reading.hpp"

#include <string>

namespace widelimit::detail {

/// More layers than this, `repeat` unrolled, are a mistake.
inline constexpr std::size_t max_layers = 100000;

/// Checks a network with everything in it, and fills in defaults.
void check_network(Reading& reading, Value& network, const std::string& pointer);
/// Of a network without problems. Names that clash once `repeat` is unrolled are reported.
[[nodiscard]] NetworkSpec unroll_network(Reading& reading, const Value& network,
                                         const std::string& pointer);

/// Checks a solver, a name or an object, and fills in defaults. `type` is unset after a problem.
struct CheckedSolver {
  SolverSpec spec;
  const TypeInfo* type = nullptr;
};
[[nodiscard]] CheckedSolver check_solver(Reading& reading, Value& solver,
                                         const std::string& pointer);

}  // namespace widelimit::detail
