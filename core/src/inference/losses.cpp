// Losses at many finite times. On the training set they are sums over eigenvalues, O(n) per time:
//   1/2 mean squared error of the mean   sum_k left_k^2 |c_k|^2 / (2 n outputs)
//   mean variance                        sum_k left_k^2 M_kk / n (ntk), with lambda_k for M_kk
//   (nngp)
// On the test set the mean is one product for each block of times and of test samples. The mean
// variance of the ntk ensemble is a quadratic form in the gains,
//   mean K_ii + (gain' [M o P'P] gain - 2 sum_k (P o Q)_k gain_k) / m,
// whose matrix is computed once. Memory depends on the size of a block, not on the number of times
// and samples.
#include "inference/losses.hpp"

#include "base/sizes.hpp"
#include "inference/decay.hpp"
#include "inference/projected_kernels.hpp"

#include <algorithm>
#include <cmath>
#include <span>

namespace widelimit::detail {

namespace {

// sum over rows i of a(i, k) b(i, k)
std::vector<double> column_products(const Matrix& a, const Matrix& b) {
  std::vector<double> sums(to_size(a.cols()), 0.0);
  for (std::int64_t i = 0; i < a.rows(); ++i)
    for (std::int64_t k = 0; k < a.cols(); ++k) sums[to_size(k)] += a(i, k) * b(i, k);
  return sums;
}

class Losses {
 public:
  explicit Losses(ProjectedKernels& basis)
      : b_(basis),
        s_(*basis.setting),
        products_(s_.products()),
        curves_(make_curves(s_)),
        test_(!curves_.test_mean.empty()) {}

  LossCurves run() {
    prepare();
    const std::int64_t columns = b_.times_per_block(s_.n);
    const DecayBlocks decays(b_.values, b_.rounding, b_.scaled_times, columns);
    left_ = Matrix(s_.n, columns);
    gain_ = Matrix(s_.n, columns);
    for (first_ = 0; first_ < b_.times(); first_ += columns) {
      s_.check();
      count_ = std::min(columns, b_.times() - first_);
      decays.fill(first_, left_, gain_);
      train();
      if (test_) test_mean();
      if (test_ && s_.covariance()) test_expected();
      s_.report("losses", first_ + count_, b_.times());
    }
    return std::move(curves_);
  }

 private:
  void prepare() {
    const auto n = to_size(s_.n);
    const double targets = static_cast<double>(s_.n * s_.outputs);
    train_mean_.assign(n, 0);
    train_variance_.assign(n, 0);
    for (std::size_t k = 0; k < n; ++k) {
      for (const double c : b_.c.row(static_cast<std::int64_t>(k)))
        train_mean_[k] += 0.5 * c * c / targets;
      if (s_.covariance())
        train_variance_[k] = 0.5 * (s_.two_kernels ? std::max(b_.prior[k], 0.0) : b_.values[k]) /
                             static_cast<double>(n);
    }
    if (!test_ || !s_.covariance()) return;
    const double samples = static_cast<double>(s_.m);
    prior_variance_ = 0;
    for (std::int64_t i = 0; i < s_.m; ++i) prior_variance_ += s_.prior_variance(i) / samples;
    linear_ = column_products(b_.p, s_.two_kernels ? b_.q : b_.p);
    for (double& v : linear_) v *= (s_.two_kernels ? -2 : -1) / samples;
    if (s_.two_kernels) make_quadratic(samples);
  }

  // The upper triangle of H = M o P'P / m, with doubled entries above the diagonal, gives g' H g.
  void make_quadratic(double samples) {
    Matrix pp = Matrix::uninitialized(s_.n, s_.n);
    products_.square_upper(1 / samples, transposed(b_.p), 0, pp);
    quadratic_ = std::move(b_.m);
    for (std::int64_t k = 0; k < s_.n; ++k) {
      quadratic_(k, k) *= pp(k, k);
      for (std::int64_t l = k + 1; l < s_.n; ++l) quadratic_(k, l) *= 2 * pp(k, l);
    }
    s_.check();
  }

  void train() {
    const std::span<double> mean = block_of(curves_.train_mean);
    for (std::int64_t k = 0; k < s_.n; ++k) {
      const double weight = train_mean_[to_size(k)];
      const double* const left = left_.row(k).data();
      for (std::size_t j = 0; j < mean.size(); ++j) mean[j] += weight * left[j] * left[j];
    }
    if (!s_.covariance()) return;
    const std::span<double> expected = block_of(curves_.train_expected);
    std::copy(mean.begin(), mean.end(), expected.begin());
    for (std::int64_t k = 0; k < s_.n; ++k) {
      const double weight = train_variance_[to_size(k)];
      const double* const left = left_.row(k).data();
      for (std::size_t j = 0; j < expected.size(); ++j) expected[j] += weight * left[j] * left[j];
    }
  }

  void test_mean() {
    const std::span<double> loss = block_of(curves_.test_mean);
    const double weight = 0.5 / static_cast<double>(s_.m * s_.outputs);
    if (scaled_.empty()) {
      scaled_ = Matrix::uninitialized(s_.n, gain_.cols());
      mean_ = Matrix::uninitialized(std::min(s_.m, std::max(s_.n, least_samples_at_once)),
                                    gain_.cols());
    }
    for (std::int64_t o = 0; o < s_.outputs; ++o) {
      s_.check();
      for (std::int64_t k = 0; k < s_.n; ++k) {
        const double c = b_.c(k, o);
        const double* const gain = gain_.row(k).data();
        double* const out = scaled_.row(k).data();
        for (std::int64_t j = 0; j < gain_.cols(); ++j) out[j] = c * gain[j];
      }
      for (std::int64_t first = 0; first < s_.m; first += mean_.rows()) {
        const std::int64_t rows = std::min(mean_.rows(), s_.m - first);
        products_.multiply_rows(b_.p, first, rows, scaled_, mean_);
        for (std::int64_t i = 0; i < rows; ++i) {
          const double change = target_change(first + i, o);
          const double* const mean = mean_.row(i).data();
          for (std::size_t j = 0; j < loss.size(); ++j)
            loss[j] += weight * (mean[j] - change) * (mean[j] - change);
        }
      }
    }
  }

  // The target of a test sample minus its initial output.
  [[nodiscard]] double target_change(std::int64_t i, std::int64_t o) const {
    const Matrix* const initial = s_.initial_test();
    return (*s_.problem->y_test)(i, o) - (initial != nullptr ? (*initial)(i, o) : 0.0);
  }

  void test_expected() {
    std::vector<double> variance(to_size(count_), prior_variance_);
    if (s_.two_kernels) {
      if (scaled_.empty()) scaled_ = Matrix::uninitialized(s_.n, gain_.cols());
      std::copy(gain_.flat().begin(), gain_.flat().end(), scaled_.flat().begin());
      products_.multiply_by_upper(quadratic_, scaled_);
    }
    for (std::int64_t k = 0; k < s_.n; ++k) {
      const double linear = linear_[to_size(k)];
      const double* const gain = gain_.row(k).data();
      if (s_.two_kernels) {
        const double* const quadratic = scaled_.row(k).data();
        for (std::size_t j = 0; j < variance.size(); ++j)
          variance[j] += gain[j] * (quadratic[j] + linear);
      } else {
        // gain(2 s) = gain(s) (1 + left(s))
        const double* const left = left_.row(k).data();
        for (std::size_t j = 0; j < variance.size(); ++j)
          variance[j] += linear * gain[j] * (1 + left[j]);
      }
    }
    const std::span<double> mean = block_of(curves_.test_mean),
                            out = block_of(curves_.test_expected);
    // Rounding may give a small negative mean variance.
    for (std::size_t j = 0; j < out.size(); ++j)
      out[j] = mean[j] + 0.5 * std::max(variance[j], 0.0);
  }

  // The current block of times of a curve.
  std::span<double> block_of(std::vector<double>& curve) const {
    return std::span(curve).subspan(to_size(first_), to_size(count_));
  }

  ProjectedKernels& b_;
  const Setting& s_;
  Products products_;
  LossCurves curves_;
  bool test_;
  std::vector<double> train_mean_, train_variance_, linear_;  // weight of each eigenvalue
  double prior_variance_ = 0;
  Matrix quadratic_;
  Matrix left_, gain_, scaled_, mean_;  // of the current block of times
  std::int64_t first_ = 0, count_ = 0;
};

}  // namespace

LossCurves losses_over_time(ProjectedKernels& basis) { return Losses(basis).run(); }

}  // namespace widelimit::detail
