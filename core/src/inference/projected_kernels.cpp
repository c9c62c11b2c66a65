// Transforms the kernels to the eigenbasis.
#include "inference/projected_kernels.hpp"

#include "base/sizes.hpp"
#include "inference/definiteness.hpp"

#include <algorithm>
#include <cmath>

namespace widelimit::detail {

namespace {

constexpr std::int64_t most_times = 512, least_times = 32;
constexpr std::int64_t block_numbers = 1 << 19;  // in one array over a block of times

// Computes V K V', or only its diagonal if there are no test samples.
void project_prior(ProjectedKernels& b, bool whole) {
  const Setting& s = *b.setting;
  const Products products = s.products();
  const Matrix& v = *b.vectors;
  Matrix w = Matrix::uninitialized(s.n, s.n);
  products.multiply_symmetric_right(1, v, *s.blocks.nngp.train_train, 0, w);
  s.check();
  b.prior.resize(to_size(s.n));
  for (std::int64_t k = 0; k < s.n; ++k) {
    double sum = 0;
    for (std::int64_t j = 0; j < s.n; ++j) sum += w(k, j) * v(k, j);
    b.prior[to_size(k)] = sum;
  }
  if (!whole) return;
  b.q = products.multiply(plain(*s.blocks.nngp.test_train), transposed(v));
  b.m = Matrix::uninitialized(s.n, s.n);
  products.multiply_to_symmetric(1, plain(w), transposed(v), 0, b.m);
  s.check();
}

}  // namespace

std::int64_t ProjectedKernels::times_per_block(std::int64_t rows) const noexcept {
  const std::int64_t least = rows <= setting->n ? least_times : 1;
  const std::int64_t most =
      std::clamp(block_numbers / std::max<std::int64_t>(rows, 1), least, most_times);
  const std::int64_t blocks = (times() + most - 1) / most;
  return blocks == 0 ? 1 : (times() + blocks - 1) / blocks;
}

double time_block_numbers(const InferenceSize& size, std::int64_t times) noexcept {
  const auto n = static_cast<double>(size.train), m = static_cast<double>(size.test);
  const double at_once = std::min(m, std::max(n, static_cast<double>(least_samples_at_once)));
  const double most = std::clamp(std::floor(static_cast<double>(block_numbers) / n),
                                 static_cast<double>(least_times), static_cast<double>(most_times));
  return (6 * n + at_once) * std::min(static_cast<double>(times), most);
}

ProjectedKernels project(const Setting& s, const Eigen& eigen) {
  ProjectedKernels b;
  b.setting = &s;
  b.vectors = &eigen.vectors;
  b.rounding = eigenvalue_rounding(s.n, eigen.values.back());
  for (const double v : eigen.values) b.values.push_back(v > b.rounding ? v : 0.0);
  const double targets = static_cast<double>(s.n * s.outputs);
  for (const double t : s.times) b.scaled_times.push_back(s.options->learning_rate * t / targets);
  const Products products = s.products();
  b.c = products.multiply(plain(eigen.vectors), plain(s.centred_targets));
  const bool test =
      s.m > 0 && (s.options->predictions || (s.options->losses && s.problem->y_test != nullptr));
  if (test)
    b.p = products.multiply(plain(*s.driving_blocks().test_train), transposed(eigen.vectors));
  s.check();
  if (s.covariance() && s.two_kernels) project_prior(b, test);
  return b;
}

}  // namespace widelimit::detail
