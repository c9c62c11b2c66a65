// Predictions at finite times. With left = e^(-lambda s) and gain = (1 - left) / lambda:
//   train mean  f_0(X) + V' (1 - left) c
//   test mean   f_0(*) + T V' gain c
//   covariance  K_** - P gain(2 s) P'                                        nngp ensemble
//   covariance  K_** + S Z' + Z S',  S = P gain,  Z = S M / 2 - Q             ntk ensemble
// (arXiv:1902.06720, equations 9 to 16; P, Q, M of projected_kernels.hpp.)
#include "base/sizes.hpp"
#include "inference/decay.hpp"
#include "inference/projected_kernels.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace widelimit::detail {

namespace {

// Sets the variances: the diagonal of the full covariance, or that of K_** + weight a b'. Rounding
// may give small negative variances, which become zero; callers take square roots.
void set_variance(const Setting& setting, const Matrix& a, const Matrix& b, double weight,
                  Prediction& out) {
  for (std::int64_t i = 0; i < setting.m; ++i) {
    double v = 0;
    if (setting.full_covariance()) {
      v = out.covariance(i, i);
    } else {
      for (std::int64_t k = 0; k < setting.n; ++k) v += a(i, k) * b(i, k);
      v = setting.prior_variance(i) + weight * v;
    }
    out.variance.push_back(std::max(v, 0.0));
  }
}

class Predictions {
 public:
  explicit Predictions(const ProjectedKernels& basis)
      : b_(basis), s_(*basis.setting), products_(s_.products()) {}

  std::vector<Prediction> run() {
    const std::int64_t columns =
        std::max<std::int64_t>(1, b_.times_per_block(std::max(s_.n, s_.m)) / s_.outputs);
    const DecayBlocks decays(b_.values, b_.rounding, b_.scaled_times, columns);
    Matrix left(s_.n, columns), gain(s_.n, columns);
    for (std::int64_t first = 0; first < b_.times(); first += columns) {
      s_.check();
      const std::int64_t count = std::min(columns, b_.times() - first);
      decays.fill(first, left, gain);
      add_means(first, count, gain);
      for (std::int64_t j = 0; j < count && s_.covariance() && s_.m > 0; ++j) {
        s_.check();
        set_covariance(b_, left, gain, j, out_[to_size(first + j)]);
      }
      s_.report("predictions", first + count, b_.times());
    }
    return std::move(out_);
  }

 private:
  // The means of a block of times: one product for test samples, one for training samples.
  void add_means(std::int64_t first, std::int64_t count, const Matrix& gain) {
    const std::int64_t outputs = s_.outputs;
    Matrix scaled = Matrix::uninitialized(s_.n, count * outputs);
    const auto scale = [&](bool by_value) {
      for (std::int64_t k = 0; k < s_.n; ++k)
        for (std::int64_t j = 0; j < count; ++j) {
          // 1 - left = gain lambda; the error along an eigenvalue of zero does not decay.
          double f = gain(k, j);
          if (by_value) f = b_.value(k) > 0 ? f * b_.value(k) : 0;
          for (std::int64_t o = 0; o < outputs; ++o) scaled(k, j * outputs + o) = f * b_.c(k, o);
        }
    };
    scale(true);
    const Matrix train = products_.multiply(transposed(*b_.vectors), plain(scaled));
    Matrix test;
    if (s_.m > 0) {
      scale(false);
      test = products_.multiply(plain(b_.p), plain(scaled));
    }
    for (std::int64_t j = 0; j < count; ++j) {
      Prediction p;
      p.time = s_.times[to_size(first + j)];
      p.train_mean = std::isinf(p.time) ? s_.problem->y_train->clone()
                                        : add_initial(train, j * outputs, s_.initial_train());
      if (s_.m > 0) p.mean = add_initial(test, j * outputs, s_.initial_test());
      out_.push_back(std::move(p));
    }
  }

  // Columns column, column + 1, ... of `all`, plus the initial outputs.
  [[nodiscard]] Matrix add_initial(const Matrix& all, std::int64_t column,
                                   const Matrix* initial) const {
    Matrix out = Matrix::uninitialized(all.rows(), s_.outputs);
    for (std::int64_t i = 0; i < out.rows(); ++i)
      for (std::int64_t o = 0; o < out.cols(); ++o)
        out(i, o) = all(i, column + o) + (initial != nullptr ? (*initial)(i, o) : 0.0);
    return out;
  }

  const ProjectedKernels& b_;
  const Setting& s_;
  Products products_;
  std::vector<Prediction> out_;
};

}  // namespace

void set_covariance(const ProjectedKernels& basis, const Matrix& left, const Matrix& gain,
                    std::int64_t j, Prediction& out) {
  const Setting& setting = *basis.setting;
  const Products products = setting.products();
  const bool full = setting.full_covariance();
  if (full) out.covariance = setting.prior_blocks().test_test->clone();
  Matrix s = basis.p.clone();
  // gain(2 s) = gain(s) (1 + left(s)); each side of P gain P' gets its square root.
  for (std::int64_t i = 0; i < setting.m; ++i)
    for (std::int64_t k = 0; k < setting.n; ++k)
      s(i, k) *= setting.two_kernels ? gain(k, j) : std::sqrt(gain(k, j) * (1 + left(k, j)));
  if (!setting.two_kernels) {
    if (full) {
      products.square_upper(-1, plain(s), 1, out.covariance);
      mirror_upper(out.covariance);
    }
    set_variance(setting, s, s, -1, out);
  } else {
    Matrix z = basis.q.clone();
    products.multiply_symmetric_right(0.5, s, basis.m, -1, z);
    if (full) products.add_symmetrised(plain(s), plain(z), out.covariance);
    set_variance(setting, s, z, 2, out);
  }
}

std::vector<Prediction> predict_over_time(const ProjectedKernels& basis) {
  return Predictions(basis).run();
}

}  // namespace widelimit::detail
