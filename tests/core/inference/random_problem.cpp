// Kernels as Gram matrices of random features.
#include "core/inference/random_problem.hpp"

#include "random/random.hpp"

#include <algorithm>
#include <cmath>

using widelimit::Matrix;

Matrix random_matrix(std::int64_t rows, std::int64_t cols, std::uint64_t seed) {
  Matrix m(rows, cols);
  widelimit::detail::normals(seed, 0, 0, static_cast<std::uint64_t>(m.size()), m.data());
  return m;
}

double distance(const Matrix& a, const Matrix& b) {
  double d = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) d = std::max(d, std::abs(a.data()[i] - b.data()[i]));
  return d;
}

namespace {

void cut(std::int64_t n, std::int64_t m, std::uint64_t seed, Matrix (&blocks)[3],
         std::vector<double>& diagonal) {
  const std::int64_t features = 2 * (n + m);
  const Matrix x = random_matrix(n + m, features, seed);
  Matrix gram(n + m, n + m);
  for (std::int64_t i = 0; i < n + m; ++i)
    for (std::int64_t j = 0; j <= i; ++j) {
      double sum = 0;
      for (std::int64_t f = 0; f < features; ++f) sum += x(i, f) * x(j, f);
      gram(i, j) = gram(j, i) = sum / static_cast<double>(features);
    }
  const auto block = [&](std::int64_t row, std::int64_t rows, std::int64_t col, std::int64_t cols) {
    Matrix b(rows, cols);
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t j = 0; j < cols; ++j) b(i, j) = gram(row + i, col + j);
    return b;
  };
  blocks[0] = block(0, n, 0, n);
  blocks[1] = block(n, m, 0, n);
  blocks[2] = block(n, m, n, m);
  for (std::int64_t i = 0; i < m; ++i) diagonal.push_back(blocks[2](i, i));
}

}  // namespace

RandomProblem::RandomProblem(std::int64_t n, std::int64_t m, std::int64_t outputs,
                             std::uint64_t seed)
    : y_train(random_matrix(n, outputs, 10 * seed)),
      y_test(random_matrix(m, outputs, 10 * seed + 1)),
      f_train(random_matrix(n, outputs, 10 * seed + 2)),
      f_test(random_matrix(m, outputs, 10 * seed + 3)) {
  cut(n, m, 10 * seed + 4, nngp, nngp_diagonal);
  cut(n, m, 10 * seed + 5, ntk, ntk_diagonal);
}

widelimit::InferenceProblem RandomProblem::problem() const {
  widelimit::InferenceProblem p;
  p.kernels.nngp = {&nngp[0], &nngp[1], &nngp[2], &nngp_diagonal};
  p.kernels.ntk = {&ntk[0], &ntk[1], &ntk[2], &ntk_diagonal};
  p.y_train = &y_train;
  p.y_test = &y_test;
  p.initial_train = &f_train;
  p.initial_test = &f_test;
  return p;
}
