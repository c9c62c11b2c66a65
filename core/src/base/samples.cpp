// Samples: owned in a matrix, or borrowed from the host.
#include <widelimit/error.hpp>
#include <widelimit/samples_view.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

namespace widelimit {

namespace {

SampleShape shape_of(std::int64_t features, std::vector<std::int64_t> sites) {
  if (std::any_of(sites.begin(), sites.end(), [](std::int64_t s) { return s <= 0; }))
    throw Error(ErrorCode::usage, "samples need at least one site on every axis");
  const std::int64_t product = SampleShape{sites, 1}.features();
  if (features % product != 0)
    throw Error(ErrorCode::usage, "samples of " + std::to_string(features) +
                                      " numbers do not divide into " + std::to_string(product) +
                                      " sites");
  return {std::move(sites), features / product};
}

void require_rows(std::int64_t first, std::int64_t n, std::int64_t count) {
  if (first < 0 || n < 0 || first > count - n)
    throw Error(ErrorCode::usage, std::to_string(n) + " samples from number " +
                                      std::to_string(first) + " on were requested, of " +
                                      std::to_string(count));
}

}  // namespace

Samples::Samples(Matrix values) : Samples(std::move(values), {}) {}
Samples::Samples(MatrixF values) : Samples(std::move(values), {}) {}

Samples::Samples(Matrix values, std::vector<std::int64_t> sites)
    : precision_(Precision::float64),
      shape_(shape_of(values.cols(), std::move(sites))),
      f64_(std::move(values)) {}

Samples::Samples(MatrixF values, std::vector<std::int64_t> sites)
    : precision_(Precision::float32),
      shape_(shape_of(values.cols(), std::move(sites))),
      f32_(std::move(values)) {}

double Samples::at(std::int64_t sample, std::int64_t feature) const noexcept {
  return precision_ == Precision::float64 ? f64_(sample, feature)
                                          : static_cast<double>(f32_(sample, feature));
}

Samples Samples::converted(Precision to, std::int64_t begin, std::int64_t end) const {
  return SamplesView(*this).converted(to, begin, end);
}

// Without the checks of memory of the host: a matrix has what it says, and may be empty.
template <class T>
SamplesView::SamplesView(const BasicMatrix<T>& values, SampleShape shape)
    : numbers_(values.data()),
      precision_(precision_of<T>),
      count_(values.rows()),
      shape_(std::move(shape)),
      stride_(values.cols()) {}

SamplesView::SamplesView(const Matrix& values) : SamplesView(values, {{}, values.cols()}) {}
SamplesView::SamplesView(const MatrixF& values) : SamplesView(values, {{}, values.cols()}) {}

SamplesView::SamplesView(const Samples& samples)
    : SamplesView(samples.precision() == Precision::float64
                      ? SamplesView(samples.f64(), samples.shape())
                      : SamplesView(samples.f32(), samples.shape())) {}

SamplesView::SamplesView(const void* numbers, Precision precision, std::int64_t count,
                         SampleShape shape, std::int64_t stride)
    : numbers_(numbers),
      precision_(precision),
      count_(count),
      shape_(std::move(shape)),
      stride_(stride) {
  if (count < 0)
    throw Error(ErrorCode::usage,
                "a view of samples cannot have " + std::to_string(count) + " samples");
  if (std::any_of(shape_.sites.begin(), shape_.sites.end(), [](auto n) { return n < 1; }) ||
      shape_.channels < 1)
    throw Error(ErrorCode::usage, "a view of samples cannot have samples of " + shape_.text() +
                                      " numbers: every axis needs at least one");
  if (count > 0 && numbers == nullptr)
    throw Error(ErrorCode::usage,
                "a view of " + std::to_string(count) + " samples needs memory, not NULL");
  if (count > 1 && stride < shape_.features())
    throw Error(ErrorCode::usage,
                "samples of " + shape_.text() + " numbers cannot begin " + std::to_string(stride) +
                    " numbers apart: the stride must be at least " +
                    std::to_string(shape_.features()) + ", and counts numbers, not bytes");
}

SamplesView::SamplesView(const double* numbers, std::int64_t count, SampleShape shape,
                         std::int64_t stride)
    : SamplesView(static_cast<const void*>(numbers), Precision::float64, count, std::move(shape),
                  stride) {}

SamplesView::SamplesView(const float* numbers, std::int64_t count, SampleShape shape,
                         std::int64_t stride)
    : SamplesView(static_cast<const void*>(numbers), Precision::float32, count, std::move(shape),
                  stride) {}

SamplesView::SamplesView(const double* numbers, std::int64_t count, SampleShape shape)
    : SamplesView(numbers, count, shape, shape.features()) {}

SamplesView::SamplesView(const float* numbers, std::int64_t count, SampleShape shape)
    : SamplesView(numbers, count, shape, shape.features()) {}

SamplesView SamplesView::part(std::int64_t first, std::int64_t n) const {
  require_rows(first, n, count_);
  SamplesView some = *this;
  some.numbers_ = static_cast<const std::byte*>(numbers_) +
                  first * stride_ * static_cast<std::int64_t>(bytes_of(precision_));
  some.count_ = n;
  return some;
}

Samples SamplesView::converted(Precision to, std::int64_t begin, std::int64_t end) const {
  require_rows(begin, end - begin, count_);
  const std::int64_t features = shape_.features();
  const auto fill = [&](auto out) {
    using T = std::remove_cvref_t<decltype(*out.data())>;
    const auto copy_of = [&](const auto* from) {
      for (std::int64_t i = begin; i < end; ++i)
        std::transform(from + i * stride_, from + i * stride_ + features, out.row(i - begin).data(),
                       [](auto v) { return static_cast<T>(v); });
    };
    if (precision_ == Precision::float64)
      copy_of(static_cast<const double*>(numbers_));
    else
      copy_of(static_cast<const float*>(numbers_));
    return Samples(std::move(out), shape_.sites);
  };
  if (to == Precision::float64) return fill(Matrix::uninitialized(end - begin, features));
  return fill(MatrixF::uninitialized(end - begin, features));
}

}  // namespace widelimit
