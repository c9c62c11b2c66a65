// Random problems with kernels of a stated spectrum, for identities that hold for any.
#pragma once

#include <widelimit/inference.hpp>

#include <cstdint>
#include <vector>

/// A joint Gram matrix of n + m samples for each kernel, cut into blocks; reproducible.
struct RandomProblem {
  RandomProblem(std::int64_t n, std::int64_t m, std::int64_t outputs, std::uint64_t seed = 1);
  widelimit::Matrix nngp[3], ntk[3];  ///< train_train, test_train, test_test
  std::vector<double> nngp_diagonal, ntk_diagonal;
  widelimit::Matrix y_train, y_test, f_train, f_test;
  [[nodiscard]] widelimit::InferenceProblem problem() const;
};

/// Standard normal numbers.
[[nodiscard]] widelimit::Matrix random_matrix(std::int64_t rows, std::int64_t cols,
                                              std::uint64_t seed);
/// Largest |a - b|.
[[nodiscard]] double distance(const widelimit::Matrix& a, const widelimit::Matrix& b);
