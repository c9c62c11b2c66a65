// A solver over LAPACK as a static table: inference is tested without plugins.
#pragma once

#include <widelimit/solver.hpp>

/// Cholesky factors and, where `eigen`, eigendecompositions.
[[nodiscard]] widelimit::Solver lapack_solver(bool eigen = true, int threads = 1);
