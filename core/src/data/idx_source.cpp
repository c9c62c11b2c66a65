// Images and labels from two IDX files.
#include "data/idx_reader.hpp"
#include "data/source.hpp"
#include "files/npy.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace widelimit::detail {

namespace {

class IdxSource final : public Source {
 public:
  IdxSource(const DataSource& spec, const Control* control)
      : Source(control), images_(spec.x, control) {
    if (images_.shape().size() < 2)
      images_.file().refuse("has the shape " + shape_text(images_.shape()) +
                            "; expected images [sample, height, width] (are images and labels "
                            "exchanged?)");
    if (!spec.y.empty()) open_labels(spec.y, control);
    shape_.count = images_.count();
    const auto& axes = images_.shape();
    // [n, d] are samples without sites, [n, h, w] grey images, [n, h, w, c] others.
    if (axes.size() > 2) shape_.sample.sites.assign(axes.begin() + 1, axes.begin() + 3);
    shape_.sample.channels = axes.size() == 2 ? axes[1] : axes.size() == 3 ? 1 : axes[3];
    shape_.outputs = labels_ ? labels_->features() : 0;
  }

  [[nodiscard]] Dataset read(std::int64_t begin, std::int64_t count) const override {
    WorkDone done = work(count * (images_.features() + shape_.outputs));
    Dataset data;
    if (images_.type() == IdxType::int32 || images_.type() == IdxType::float64)
      data.x = Samples(numbers<double>(images_, begin, count, done), shape_.sample.sites);
    else
      data.x = Samples(numbers<float>(images_, begin, count, done), shape_.sample.sites);
    data.y = labels(begin, count, done);
    return data;
  }

  [[nodiscard]] Matrix read_targets(std::int64_t begin, std::int64_t count) const override {
    WorkDone done = work(count * shape_.outputs);
    return labels(begin, count, done);
  }

 private:
  void open_labels(const std::filesystem::path& file, const Control* control) {
    labels_.emplace(file, control);
    if (labels_->shape().size() > 2)
      labels_->file().refuse("has the shape " + shape_text(labels_->shape()) +
                             "; expected labels [sample] (are images and labels exchanged?)");
    if (images_.count() != labels_->count())
      labels_->file().refuse("holds labels of " + std::to_string(labels_->count()) +
                             " samples, but \"" + images_.file().path().string() + "\" holds " +
                             std::to_string(images_.count()) +
                             " images; each image needs its label");
  }

  [[nodiscard]] Matrix labels(std::int64_t begin, std::int64_t count, WorkDone& done) const {
    return labels_ ? numbers<double>(*labels_, begin, count, done) : Matrix(count, 0);
  }

  template <class T>
  static BasicMatrix<T> numbers(const IdxReader& reader, std::int64_t begin, std::int64_t count,
                                WorkDone& done) {
    auto out = BasicMatrix<T>::uninitialized(count, reader.features());
    T* to = out.data();
    reader.read(begin, count, done, [&](const double* from, std::size_t n) {
      to = std::transform(from, from + n, to, [](double v) { return static_cast<T>(v); });
    });
    if (reader.type() == IdxType::float32 || reader.type() == IdxType::float64)
      require_finite(out, reader.file(), begin);
    return out;
  }

  IdxReader images_;
  std::optional<IdxReader> labels_;  // unset: without targets
};

}  // namespace

std::unique_ptr<Source> open_idx_source(const DataSource& spec, const Control* control) {
  return std::make_unique<IdxSource>(spec, control);
}

}  // namespace widelimit::detail
