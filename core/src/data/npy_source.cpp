// Samples and targets from two .npy files, or from two arrays of an .npz archive.
#include "data/source.hpp"
#include "files/input_file.hpp"
#include "files/npy.hpp"
#include "files/npz_array.hpp"

#include <memory>
#include <string>
#include <utility>

namespace widelimit::detail {

namespace {

class NpySource final : public Source {
 public:
  /// `y` may be NULL: without targets.
  NpySource(std::unique_ptr<ByteSource> x, std::unique_ptr<ByteSource> y, const Control* control)
      : Source(control), x_(std::move(x)), y_(std::move(y)), x_header_(read_npy_header(*x_)) {
    if (y_ != nullptr) read_target_header();
    const auto& axes = x_header_.shape;
    shape_.count = x_header_.count();
    shape_.sample.channels = axes.size() == 1 ? 1 : axes.back();
    if (axes.size() > 2) shape_.sample.sites.assign(axes.begin() + 1, axes.end() - 1);
    shape_.outputs = y_ ? y_header_.features() : 0;
  }

  [[nodiscard]] Dataset read(std::int64_t begin, std::int64_t count) const override {
    WorkDone numbers = work(count * (x_header_.features() + shape_.outputs));
    Dataset data;
    if (fits_float32(x_header_.number.type))
      data.x = Samples(finite<float>(*x_, x_header_, begin, count, numbers), shape_.sample.sites);
    else
      data.x = Samples(finite<double>(*x_, x_header_, begin, count, numbers), shape_.sample.sites);
    data.y = targets(begin, count, numbers);
    return data;
  }

  [[nodiscard]] Matrix read_targets(std::int64_t begin, std::int64_t count) const override {
    WorkDone numbers = work(count * shape_.outputs);
    return targets(begin, count, numbers);
  }

 private:
  void read_target_header() {
    y_header_ = read_npy_header(*y_);
    if (y_header_.shape.size() > 2)
      y_->refuse("targets have the shape " + shape_text(y_header_.shape) +
                 "; expected [sample] or [sample, output]");
    if (x_header_.count() != y_header_.count())
      y_->refuse("holds targets of " + std::to_string(y_header_.count()) + " samples, but " +
                 x_->name() + " holds " + std::to_string(x_header_.count()) +
                 " samples; each sample needs its target");
  }

  [[nodiscard]] Matrix targets(std::int64_t begin, std::int64_t count, WorkDone& numbers) const {
    return y_ != nullptr ? finite<double>(*y_, y_header_, begin, count, numbers) : Matrix(count, 0);
  }

  template <class T>
  static BasicMatrix<T> finite(const ByteSource& file, const NpyHeader& header, std::int64_t begin,
                               std::int64_t count, WorkDone& numbers) {
    auto values = read_npy_rows<T>(file, header, begin, count, numbers);
    if (is_floating(header.number.type)) require_finite(values, file, begin);
    return values;
  }

  std::unique_ptr<ByteSource> x_, y_;  // y_ may be NULL
  NpyHeader x_header_, y_header_;
};

}  // namespace

// In this order, so that a message is about x if both are missing.
std::unique_ptr<Source> open_npy_source(const DataSource& spec, const Control* control) {
  auto x = std::make_unique<InputFile>(spec.x);
  auto y = spec.y.empty() ? nullptr : std::make_unique<InputFile>(spec.y);
  return std::make_unique<NpySource>(std::move(x), std::move(y), control);
}

std::unique_ptr<Source> open_npz_source(const DataSource& spec, const Control* control) {
  auto x = std::make_unique<NpzArray>(spec.x, spec.x_array);
  auto y = spec.y_array.empty() ? nullptr : std::make_unique<NpzArray>(spec.x, spec.y_array);
  return std::make_unique<NpySource>(std::move(x), std::move(y), control);
}

}  // namespace widelimit::detail
