// The preprocess steps in order: fitted on the training set, applied to both.
#include <widelimit/error.hpp>
#include <widelimit/experiment/data.hpp>

#include "base/sizes.hpp"
#include "data/labels.hpp"
#include "data/preprocess_step.hpp"
#include "data/standardize.hpp"
#include "data/zca.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace widelimit {

namespace detail {

namespace {

bool changes_samples(const PreprocessStep& step) {
  return step.type != PreprocessType::standardize_y && step.type != PreprocessType::one_hot;
}

// The spacing of the samples' numbers near 1, in the type in which the file has them.
double rounding_of(const Samples& x) {
  return x.precision() == Precision::float32 ? std::numeric_limits<float>::epsilon()
                                             : std::numeric_limits<double>::epsilon();
}

Matrix widened(const Samples& x) {
  auto out = Matrix::uninitialized(x.count(), x.features());
  if (x.precision() == Precision::float64)
    std::ranges::copy(x.f64().flat(), out.data());
  else
    std::ranges::copy(x.f32().flat(), out.data());
  return out;
}

// A sample of zeros stays zero. Divides by the largest number first, so that no square overflows.
void unit_norm(Matrix& x) {
  for (std::int64_t i = 0; i < x.rows(); ++i) {
    double largest = 0, sum = 0;
    for (const double v : x.row(i)) largest = std::max(largest, std::abs(v));
    if (largest == 0) continue;
    for (const double v : x.row(i)) sum += (v / largest) * (v / largest);
    const double root = std::sqrt(sum);
    for (double& v : x.row(i)) v = v / largest / root;
  }
}

// `rounding` is that of the samples before the first step.
void apply_to_samples(const PreprocessStep& step, double rounding, Matrix& train, Matrix* test) {
  const auto both = [&](auto&& change) {
    change(train);
    if (test != nullptr) change(*test);
  };
  switch (step.type) {
    case PreprocessType::standardize_x:
    case PreprocessType::center_x: {
      Standardization s = step.per_feature ? Standardization::of_columns(train, rounding)
                                           : Standardization::of_all(train, rounding);
      if (step.type == PreprocessType::center_x) std::ranges::fill(s.deviation, 1.0);
      both([&](Matrix& x) { s.apply(x); });
      break;
    }
    case PreprocessType::unit_norm:
      both([](Matrix& x) { unit_norm(x); });
      break;
    case PreprocessType::scale:
      both([&](Matrix& x) {
        for (double& v : x.flat()) v *= step.factor;
      });
      break;
    case PreprocessType::zca: {
      const Zca zca = Zca::fit(train, step.regularization, rounding);
      both([&](Matrix& x) { zca.apply(x); });
      break;
    }
    case PreprocessType::standardize_y:
    case PreprocessType::one_hot:
      break;
  }
}

// Target transforms compose: y = mean + deviation y', y' = mean' + deviation' y''.
void compose(TargetTransform& transform, const Standardization& s) {
  if (transform.mean.empty()) {
    transform.mean = s.mean;
    transform.deviation = s.deviation;
    return;
  }
  for (std::size_t k = 0; k < s.mean.size(); ++k) {
    transform.mean[k] += transform.deviation[k] * s.mean[k];
    transform.deviation[k] *= s.deviation[k];
  }
}

void apply_to_targets(const PreprocessStep& step, TrainTest& data, TargetTransform& transform) {
  if (step.type == PreprocessType::standardize_y) {
    const Standardization s =
        Standardization::of_columns(data.train.y, std::numeric_limits<double>::epsilon());
    s.apply(data.train.y);
    if (data.test && data.test->has_targets()) s.apply(data.test->y);
    compose(transform, s);
    return;
  }
  if (!transform.mean.empty())
    throw Error(ErrorCode::usage, "one_hot must come before standardize_y: it needs the labels");
  const Classes classes(step, data.train.y, data.encoding.labels);
  transform.classes = classes.count();
  transform.class_samples = classes.samples();
  data.train.y = classes.one_hot(data.train.y, step.centered, SampleSet::train);
  data.train.y_names = classes.names();
  if (!data.test) return;
  data.test->y_names = classes.names();
  if (data.test->has_targets())
    data.test->y = classes.one_hot(data.test->y, step.centered, SampleSet::test);
}

template <class T>
void require_finite_samples(const BasicMatrix<T>& x, SampleSet set) {
  for (std::int64_t i = 0; i < x.rows(); ++i)
    for (std::int64_t j = 0; j < x.cols(); ++j)
      if (!std::isfinite(x(i, j)))
        throw Error(
            ErrorCode::usage,
            "feature " + std::to_string(j) + " of " +
                (set == SampleSet::test ? "test" : "training") + " sample " + std::to_string(i) +
                " (counted from 0, after offset, limit and split) does not fit " +
                (sizeof(T) == 4 ? "float32: scale the data, or use \"precision\": \"float64\""
                                : "float64 after preprocessing: scale it less"),
            {}, {.sample = SampleNumber{set, i}});
}

Samples finished(Samples x, Precision precision, SampleSet set) {
  if (x.precision() != precision) x = x.converted(precision);
  if (precision == Precision::float32)
    require_finite_samples(x.f32(), set);
  else
    require_finite_samples(x.f64(), set);
  return x;
}

}  // namespace

}  // namespace detail

TargetTransform preprocess(TrainTest& data, std::span<const PreprocessStep> steps,
                           Precision precision, Control* control) {
  TargetTransform transform;
  std::int64_t done = 0;
  const auto report = [&] {
    if (control == nullptr) return;
    control->check();
    control->report({"preprocess", done++, std::ssize(steps)});
  };
  report();
  Samples& train = data.train.x;
  Samples* test = data.test ? &data.test->x : nullptr;
  const bool samples_change = std::ranges::any_of(steps, detail::changes_samples);
  const double rounding = detail::rounding_of(train);
  Matrix train_work, test_work;
  if (samples_change) {
    train_work = detail::widened(train);
    if (test != nullptr) test_work = detail::widened(*test);
  }
  for (const PreprocessStep& step : steps) {
    detail::in_step(step, [&] {
      if (detail::changes_samples(step))
        detail::apply_to_samples(step, rounding, train_work,
                                 test == nullptr ? nullptr : &test_work);
      else
        detail::apply_to_targets(step, data, transform);
    });
    report();
  }
  if (samples_change) {
    train = Samples(std::move(train_work), train.shape().sites);
    if (test != nullptr) *test = Samples(std::move(test_work), test->shape().sites);
  }
  train = detail::finished(std::move(train), precision, SampleSet::train);
  if (test != nullptr) *test = detail::finished(std::move(*test), precision, SampleSet::test);
  return transform;
}

void TargetTransform::restore_mean(Matrix& predictions) const {
  if (mean.empty()) return;
  for (std::int64_t i = 0; i < predictions.rows(); ++i) {
    const auto row = predictions.row(i);
    for (std::size_t k = 0; k < row.size(); ++k) row[k] = mean[k] + deviation[k] * row[k];
  }
}

double TargetTransform::scale(std::int64_t output) const {
  return deviation.empty() ? 1.0 : deviation[to_size(output)];
}

}  // namespace widelimit
