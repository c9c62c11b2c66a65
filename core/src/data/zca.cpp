// Fitting and applying ZCA whitening with BLAS and LAPACK, on one thread: the result must not
// depend on the number of threads.
#include "data/zca.hpp"

#include "base/sizes.hpp"
#include "data/standardize.hpp"
#include "execution/blas.hpp"
#include "execution/symmetric_eigen.hpp"

#include <widelimit/error.hpp>

#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

namespace widelimit::detail {

namespace {

std::vector<double> means_of_columns(const Matrix& x) {
  std::vector<double> mean(to_size(x.cols()), 0.0);
  const auto n = static_cast<double>(x.rows());
  for (std::int64_t i = 0; i < x.rows(); ++i)
    for (std::size_t j = 0; j < mean.size(); ++j) mean[j] += x.row(i)[j] / n;
  return mean;
}

void subtract(Matrix& x, const std::vector<double>& mean) {
  for (std::int64_t i = 0; i < x.rows(); ++i)
    for (std::size_t j = 0; j < mean.size(); ++j) x.row(i)[j] -= mean[j];
}

int blas_rows(const Matrix& x) {
  if (x.rows() > std::numeric_limits<int>::max())
    throw Error(ErrorCode::unsupported, "the number of samples exceeds the integers of this BLAS");
  return static_cast<int>(x.rows());
}

}  // namespace

Zca Zca::fit(const Matrix& train, double regularization, double rounding) {
  if (train.cols() > most_rows_with_eigenvectors)
    throw Error(ErrorCode::unsupported, "zca needs the eigenvectors of a matrix of " +
                                            std::to_string(train.cols()) + " features; at most " +
                                            std::to_string(most_rows_with_eigenvectors) +
                                            " are possible");
  const int n = blas_rows(train), d = static_cast<int>(train.cols());
  Zca zca;
  zca.mean_ = means_of_columns(train);
  Matrix centred = train.clone();
  subtract(centred, zca.mean_);
  const TilePhase one_blas_thread;
  Matrix u(d, d);  // the covariance, then its eigenvectors as rows
  cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, d, n, 1.0 / n, centred.data(), d, 0.0,
              u.data(), d);
  if (!std::ranges::all_of(u.flat(), [](double v) { return std::isfinite(v); }))
    throw Error(ErrorCode::usage,
                "the covariance of the samples overflows float64; scale them first");
  std::vector<double> eigenvalues =
      symmetric_eigenvalues(u, Eigenvectors::in_place, "the covariance of the samples");
  for (double& e : eigenvalues) e = std::max(e, 0.0);
  const double total = std::accumulate(eigenvalues.begin(), eigenvalues.end(), 0.0);
  const double ridge = regularization * total / d;
  // Eigenvalues of a covariance are known to about n eps (or d eps) times the largest, and not
  // beyond the rounding of the features: deviations of that size along every feature add up to
  // this variance along some direction.
  double rounding_variance = 0;
  for (const double mean : zca.mean_) {
    const double deviation = rounding_of_equal(mean, n, rounding);
    rounding_variance += deviation * deviation;
  }
  const double threshold =
      std::max(std::max(n, d) * std::numeric_limits<double>::epsilon() * eigenvalues.back(),
               rounding_variance);
  const auto zeros =
      std::ranges::count_if(eigenvalues, [&](double e) { return !(e + ridge > threshold); });
  if (zeros > 0)
    throw Error(
        ErrorCode::usage,
        "the covariance of the " + std::to_string(n) +
            " training samples is singular: " + std::to_string(zeros) + " of " + std::to_string(d) +
            " directions have no variance and cannot be scaled to variance 1; set "
            "\"regularization\" (0.1 is usual), or leave out constant and repeated features");
  for (std::int64_t k = 0; k < d; ++k) {
    const double scale = std::pow(eigenvalues[to_size(k)] + ridge, -0.25);
    for (double& v : u.row(k)) v *= scale;
  }
  zca.whitening_ = Matrix(d, d);
  cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, d, d, 1.0, u.data(), d, 0.0,
              zca.whitening_.data(), d);
  return zca;
}

void Zca::apply(Matrix& x) const {
  subtract(x, mean_);
  const int n = blas_rows(x), d = static_cast<int>(x.cols());
  auto out = Matrix::uninitialized(x.rows(), x.cols());
  const TilePhase one_blas_thread;
  cblas_dsymm(CblasRowMajor, CblasRight, CblasUpper, n, d, 1.0, whitening_.data(), d, x.data(), d,
              0.0, out.data(), d);
  x = std::move(out);
}

}  // namespace widelimit::detail
