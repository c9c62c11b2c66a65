// Turns networks and solvers of an experiment file into specifications.
#pragma once

#include "config/reading.hpp"

#include <string>

namespace widelimit::detail {

/// The largest number of layers, after `repeat` is unrolled.
inline constexpr std::size_t max_layers = 100000;

/// Checks a network and all its layers, and fills in defaults.
void check_network(Reading& reading, Value& network, const std::string& pointer);
/// The specification of a network without problems. Reports names that clash after `repeat` is
/// unrolled.
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
