// Images and labels from two IDX files.
#include "data/idx_reader.hpp"
#include "data/source.hpp"
#include "files/npy_header.hpp"

#include <utility>

namespace widelimit::detail {

namespace {

class IdxSource final : public Source {
 public:
  IdxSource(const DataSource& spec, const Control* control)
      : Source(control), images_(spec.x), labels_(spec.y) {
    if (images_.shape().size() < 2)
      refuse(images_.path(), "has the shape " + shape_text(images_.shape()) +
                                 "; expected images [sample, height, width] (are images and labels "
                                 "exchanged?)");
    if (labels_.shape().size() > 2)
      refuse(labels_.path(), "has the shape " + shape_text(labels_.shape()) +
                                 "; expected labels [sample] (are images and labels exchanged?)");
    if (images_.count() != labels_.count())
      refuse(labels_.path(), "holds labels of " + std::to_string(labels_.count()) +
                                 " samples, but \"" + images_.path().string() + "\" holds " +
                                 std::to_string(images_.count()) +
                                 " images; each image needs its label");
    shape_.count = images_.count();
    const auto& axes = images_.shape();
    // [n, d] are samples without sites, [n, h, w] grey images, [n, h, w, c] others.
    if (axes.size() > 2) shape_.sample.sites.assign(axes.begin() + 1, axes.begin() + 3);
    shape_.sample.channels = axes.size() == 2 ? axes[1] : axes.size() == 3 ? 1 : axes[3];
    shape_.outputs = labels_.features();
  }

  [[nodiscard]] Dataset read(std::int64_t begin, std::int64_t count) const override {
    WorkDone numbers = work(count * (images_.features() + labels_.features()));
    Dataset data;
    data.x = Samples(bytes<float>(images_, begin, count, numbers), shape_.sample.sites);
    data.y = bytes<double>(labels_, begin, count, numbers);
    return data;
  }

  [[nodiscard]] Matrix read_targets(std::int64_t begin, std::int64_t count) const override {
    WorkDone numbers = work(count * labels_.features());
    return bytes<double>(labels_, begin, count, numbers);
  }

 private:
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

  IdxReader images_, labels_;
};

}  // namespace

std::unique_ptr<Source> open_idx_source(const DataSource& spec, const Control* control) {
  return std::make_unique<IdxSource>(spec, control);
}

}  // namespace widelimit::detail
