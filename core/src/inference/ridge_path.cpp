// With the kernel A = V' diag(lambda) V, eigenvectors as rows of V, a ridge r costs only divisions:
//   (A + r)^-1 Y = V' (lambda + r)^-1 V Y,   [(A + r)^-1]_ii = sum_k V_ki^2 / (lambda_k + r)
// and the covariance is that of training with the gains 1 / (lambda + r) (projected_kernels.hpp).
#include "inference/ridge_path.hpp"

#include "base/sizes.hpp"
#include "inference/definiteness.hpp"
#include "inference/leave_one_out.hpp"
#include "inference/projected_kernels.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace widelimit::detail {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t most_columns = 256;  // right-hand sides of a product

class RidgePath {
 public:
  RidgePath(const Setting& setting, const Eigen& eigen, InferenceResult& result)
      : s_(setting), eigen_(eigen), result_(result), products_(s_.products()) {}

  void run() {
    for (const double diag_reg : s_.options->diag_reg_path)
      ridges_.push_back(ridge_of(s_, diag_reg).absolute);
    require_definite();
    set_spectrum();
    basis_ = project(s_, eigen_);
    const std::int64_t ridges = std::ssize(ridges_);
    const std::int64_t block = std::max<std::int64_t>(1, most_columns / s_.outputs);
    for (first_ = 0; first_ < ridges; first_ += block) {
      s_.check();
      count_ = std::min(block, ridges - first_);
      predict_block();
      s_.report("ridges", first_ + count_, ridges);
    }
  }

 private:
  // The formulas divide by eigenvalues. A list with a ridge that would be refused alone is refused:
  // without it, the results would not be those asked for.
  void require_definite() const {
    std::vector<double> too_small;
    for (std::size_t r = 0; r < ridges_.size(); ++r)
      if (!above_rounding(s_.n, eigen_.values.front() + ridges_[r],
                          eigen_.values.back() + ridges_[r]))
        too_small.push_back(s_.options->diag_reg_path[r]);
    if (too_small.empty()) return;
    const Ridge least = ridge_of(s_, *std::ranges::min_element(too_small));
    throw_not_positive_definite(
        s_.driving_kernel, s_.n, least,
        {eigen_.values.front() + least.absolute, eigen_.values.back() + least.absolute, false}, -1,
        0, too_small);
  }

  void set_spectrum() {
    const double smallest = *std::ranges::min_element(ridges_);
    result_.smallest_eigenvalue = eigen_.values.front();
    result_.largest_eigenvalue = eigen_.values.back();
    result_.logdet = nan;
    result_.solve.rcond =
        (result_.smallest_eigenvalue + smallest) / (result_.largest_eigenvalue + smallest);
  }

  void predict_block() {
    gain_ = Matrix::uninitialized(s_.n, count_);
    Matrix scaled = Matrix::uninitialized(s_.n, count_ * s_.outputs);
    for (std::int64_t k = 0; k < s_.n; ++k)
      for (std::int64_t j = 0; j < count_; ++j) {
        gain_(k, j) = 1 / (eigen_.values[to_size(k)] + ridge(j));
        for (std::int64_t o = 0; o < s_.outputs; ++o)
          scaled(k, j * s_.outputs + o) = gain_(k, j) * basis_.c(k, o);
      }
    std::vector<Prediction> block(to_size(count_));
    if (s_.m > 0 && s_.options->predictions) predict_test(scaled, block);
    if (s_.options->leave_one_out) leave_out(scaled, block);
    for (std::int64_t j = 0; j < count_; ++j) {
      Prediction& p = block[to_size(j)];
      p.time = std::numeric_limits<double>::infinity();
      p.diag_reg = s_.options->diag_reg_path[to_size(first_ + j)];
      p.ridge = ridge(j);
      p.train_mean = s_.problem->y_train->clone();
      result_.predictions.push_back(std::move(p));
    }
  }

  void predict_test(const Matrix& scaled, std::vector<Prediction>& block) const {
    const Matrix means = products_.multiply(plain(basis_.p), plain(scaled));
    const Matrix zero_left(s_.n, count_);
    for (std::int64_t j = 0; j < count_; ++j) {
      Prediction& p = block[to_size(j)];
      p.mean = columns(means, j);
      if (!s_.covariance()) continue;
      s_.check();
      set_covariance(basis_, zero_left, gain_, j, p);
    }
  }

  void leave_out(const Matrix& scaled, std::vector<Prediction>& block) const {
    const Matrix solved = products_.multiply(transposed(eigen_.vectors), plain(scaled));
    Matrix diagonal(count_, s_.n);
    for (std::int64_t k = 0; k < s_.n; ++k) {
      const double* const v = eigen_.vectors.row(k).data();
      for (std::int64_t j = 0; j < count_; ++j) {
        const double gain = gain_(k, j);
        double* const d = diagonal.row(j).data();
        for (std::int64_t i = 0; i < s_.n; ++i) d[i] += gain * v[i] * v[i];
      }
    }
    for (std::int64_t j = 0; j < count_; ++j) {
      double logdet = 0;
      for (std::int64_t k = 0; k < s_.n; ++k) logdet -= std::log(gain_(k, j));
      block[to_size(j)].left_out = leave_one_out(s_, columns(solved, j), diagonal.row(j), logdet);
    }
  }

  [[nodiscard]] double ridge(std::int64_t j) const { return ridges_[to_size(first_ + j)]; }

  // The columns of ridge j of the block.
  [[nodiscard]] Matrix columns(const Matrix& all, std::int64_t j) const {
    Matrix out = Matrix::uninitialized(all.rows(), s_.outputs);
    for (std::int64_t i = 0; i < all.rows(); ++i)
      std::copy_n(all.row(i).data() + j * s_.outputs, s_.outputs, out.row(i).data());
    return out;
  }

  const Setting& s_;
  const Eigen& eigen_;
  InferenceResult& result_;
  Products products_;
  ProjectedKernels basis_;
  std::vector<double> ridges_;
  Matrix gain_;                         // [n, ridges of the block]
  std::int64_t first_ = 0, count_ = 0;  // of the block
};

}  // namespace

void infer_along_path(const Setting& setting, Factors& factors, InferenceResult& result) {
  FactorEntry& entry = entry_of(factors, setting, ridge_of(setting, 0));
  RidgePath(setting, eigen_of(entry, setting), result).run();
}

}  // namespace widelimit::detail
