// Synthetic data of a linear model: the `make_regression` source.
//
//   x_ij ~ N(0, 1),   w_j = 100 u_j for n_informative features j, else 0,   u_j ~ U(0, 1),
//   y_i = sum_j x_ij w_j + noise e_i,   e_i ~ N(0, 1),
//
// all independent. The informative features are the beginning of a random permutation of all
// features. x, w, e and the permutation are separate streams of the seed. Therefore another noise
// keeps samples and coefficients, and a larger data set begins with the samples of a smaller one.
#include "base/sizes.hpp"
#include "data/source.hpp"

#include "random/random.hpp"

#include <widelimit/error.hpp>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace widelimit::detail {

namespace {

constexpr std::int64_t numbers_at_once = 1 << 20;

enum Stream : std::uint64_t { sample_stream, coefficient_stream, noise_stream, order_stream };

class RegressionSource final : public Source {
 public:
  RegressionSource(const DataSource& spec, const Control* control) : Source(control), spec_(spec) {
    const auto check = [&](bool fine, const char* key, const char* expected) {
      if (!fine) throw Error(ErrorCode::usage, expected, spec.place.pointer + "/" + key);
    };
    check(spec.n_samples >= 1, "n_samples", "at least one sample is needed");
    check(spec.n_features >= 1, "n_features", "at least one feature is needed");
    check(spec.n_informative >= 0 && spec.n_informative <= spec.n_features, "n_informative",
          "as many features can be informative as there are (n_features)");
    check(std::isfinite(spec.noise) && spec.noise >= 0, "noise",
          "expected the standard deviation of the noise, at least 0");
    shape_.count = spec.n_samples;
    shape_.sample.channels = spec.n_features;
    shape_.outputs = 1;
  }

  [[nodiscard]] Dataset read(std::int64_t begin, std::int64_t count) const override {
    Matrix x = samples(begin, count);
    Matrix y = targets(x, begin);
    Dataset data;
    data.x = Samples(std::move(x));
    data.y = std::move(y);
    return data;
  }

  [[nodiscard]] Matrix read_targets(std::int64_t begin, std::int64_t count) const override {
    return targets(samples(begin, count), begin);
  }

 private:
  [[nodiscard]] Matrix samples(std::int64_t begin, std::int64_t count) const {
    WorkDone samples = work(count);
    auto x = Matrix::uninitialized(count, spec_.n_features);
    const std::int64_t step = std::max<std::int64_t>(1, numbers_at_once / spec_.n_features);
    for (std::int64_t i = 0; i < count; i += step) {
      samples.check();
      const std::int64_t rows = std::min(step, count - i);
      normals(spec_.seed, sample_stream, static_cast<std::uint64_t>((begin + i) * x.cols()),
              static_cast<std::uint64_t>(rows * x.cols()), x.row(i).data());
      samples.add(rows);
    }
    return x;
  }

  [[nodiscard]] Matrix targets(const Matrix& x, std::int64_t begin) const {
    const auto informative = to_size(spec_.n_informative);
    const std::vector<std::int64_t> order = permutation(spec_.seed, order_stream, spec_.n_features);
    std::vector<double> w(informative);
    uniforms(spec_.seed, coefficient_stream, 0, informative, w.data());
    auto y = Matrix::uninitialized(x.rows(), 1);
    normals(spec_.seed, noise_stream, static_cast<std::uint64_t>(begin),
            static_cast<std::uint64_t>(y.size()), y.data());
    for (std::int64_t i = 0; i < x.rows(); ++i) {
      if (control_ != nullptr) control_->check();
      double sum = 0;
      for (std::size_t k = 0; k < informative; ++k) sum += x(i, order[k]) * 100.0 * w[k];
      y(i, 0) = sum + spec_.noise * y(i, 0);
    }
    return y;
  }

  DataSource spec_;
};

}  // namespace

std::unique_ptr<Source> open_regression_source(const DataSource& spec, const Control* control) {
  return std::make_unique<RegressionSource>(spec, control);
}

}  // namespace widelimit::detail
