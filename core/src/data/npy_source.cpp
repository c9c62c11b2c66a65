// Samples and targets from two .npy files.
#include "data/source.hpp"
#include "files/npy.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace widelimit::detail {

namespace {

class NpySource final : public Source {
 public:
  NpySource(const DataSource& spec, const Control* control)
      : Source(control), x_(spec.x), x_header_(read_npy_header(x_)) {
    if (!spec.y.empty()) open_targets(spec.y);
    const auto& axes = x_header_.shape;
    shape_.count = x_header_.count();
    shape_.sample.channels = axes.size() == 1 ? 1 : axes.back();
    if (axes.size() > 2) shape_.sample.sites.assign(axes.begin() + 1, axes.end() - 1);
    shape_.outputs = y_ ? y_header_.features() : 0;
  }

  [[nodiscard]] Dataset read(std::int64_t begin, std::int64_t count) const override {
    WorkDone numbers = work(count * (x_header_.features() + shape_.outputs));
    Dataset data;
    if (x_header_.type == NpyType::float64)
      data.x = Samples(finite<double>(x_, x_header_, begin, count, numbers), shape_.sample.sites);
    else
      data.x = Samples(finite<float>(x_, x_header_, begin, count, numbers), shape_.sample.sites);
    data.y = targets(begin, count, numbers);
    return data;
  }

  [[nodiscard]] Matrix read_targets(std::int64_t begin, std::int64_t count) const override {
    WorkDone numbers = work(count * shape_.outputs);
    return targets(begin, count, numbers);
  }

 private:
  void open_targets(const std::filesystem::path& file) {
    y_.emplace(file);
    y_header_ = read_npy_header(*y_);
    if (y_header_.shape.size() > 2)
      refuse(file, "targets have the shape " + shape_text(y_header_.shape) +
                       "; expected [sample] or [sample, output]");
    if (x_header_.count() != y_header_.count())
      refuse(file, "holds targets of " + std::to_string(y_header_.count()) + " samples, but \"" +
                       x_.path().string() + "\" holds " + std::to_string(x_header_.count()) +
                       " samples; each sample needs its target");
  }

  [[nodiscard]] Matrix targets(std::int64_t begin, std::int64_t count, WorkDone& numbers) const {
    return y_ ? finite<double>(*y_, y_header_, begin, count, numbers) : Matrix(count, 0);
  }

  template <class T>
  static BasicMatrix<T> finite(const InputFile& file, const NpyHeader& header, std::int64_t begin,
                               std::int64_t count, WorkDone& numbers) {
    auto values = read_npy_rows<T>(file, header, begin, count, numbers);
    if (header.type != NpyType::uint8) require_finite(values, file.path(), begin);
    return values;
  }

  InputFile x_;
  std::optional<InputFile> y_;  // unset: without targets
  NpyHeader x_header_, y_header_;
};

}  // namespace

std::unique_ptr<Source> open_npy_source(const DataSource& spec, const Control* control) {
  return std::make_unique<NpySource>(spec, control);
}

}  // namespace widelimit::detail
