// Images and labels from two IDX files.
#include "data/idx_reader.hpp"
#include "data/source.hpp"
#include "files/npy_header.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace widelimit::detail {

namespace {

class IdxSource final : public Source {
 public:
  IdxSource(const DataSource& spec, const Control* control) : Source(control), images_(spec.x) {
    if (images_.shape().size() < 2)
      refuse(images_.path(), "has the shape " + shape_text(images_.shape()) +
                                 "; expected images [sample, height, width] (are images and labels "
                                 "exchanged?)");
    if (!spec.y.empty()) open_labels(spec.y);
    shape_.count = images_.count();
    const auto& axes = images_.shape();
    // [n, d] are samples without sites, [n, h, w] grey images, [n, h, w, c] others.
    if (axes.size() > 2) shape_.sample.sites.assign(axes.begin() + 1, axes.begin() + 3);
    shape_.sample.channels = axes.size() == 2 ? axes[1] : axes.size() == 3 ? 1 : axes[3];
    shape_.outputs = labels_ ? labels_->features() : 0;
  }

  [[nodiscard]] Dataset read(std::int64_t begin, std::int64_t count) const override {
    WorkDone numbers = work(count * (images_.features() + shape_.outputs));
    Dataset data;
    data.x = Samples(bytes<float>(images_, begin, count, numbers), shape_.sample.sites);
    data.y = labels(begin, count, numbers);
    return data;
  }

  [[nodiscard]] Matrix read_targets(std::int64_t begin, std::int64_t count) const override {
    WorkDone numbers = work(count * shape_.outputs);
    return labels(begin, count, numbers);
  }

 private:
  void open_labels(const std::filesystem::path& file) {
    labels_.emplace(file);
    if (labels_->shape().size() > 2)
      refuse(file, "has the shape " + shape_text(labels_->shape()) +
                       "; expected labels [sample] (are images and labels exchanged?)");
    if (images_.count() != labels_->count())
      refuse(file, "holds labels of " + std::to_string(labels_->count()) + " samples, but \"" +
                       images_.path().string() + "\" holds " + std::to_string(images_.count()) +
                       " images; each image needs its label");
  }

  [[nodiscard]] Matrix labels(std::int64_t begin, std::int64_t count, WorkDone& numbers) const {
    return labels_ ? bytes<double>(*labels_, begin, count, numbers) : Matrix(count, 0);
  }

  template <class T>
  static BasicMatrix<T> bytes(const IdxReader& file, std::int64_t begin, std::int64_t count,
                              WorkDone& numbers) {
    auto out = BasicMatrix<T>::uninitialized(count, file.features());
    T* to = out.data();
    file.read(begin, count, numbers, [&](const std::uint8_t* from, std::size_t n) {
      for (std::size_t i = 0; i < n; ++i) *to++ = static_cast<T>(from[i]);
    });
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
