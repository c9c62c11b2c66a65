// An .npy file for programs: its header, and some of its rows.
#include "files/input_file.hpp"
#include "files/npy.hpp"

#include <widelimit/experiment/files.hpp>

#include <string>

namespace widelimit {

struct NpyFile::State {
  explicit State(const std::filesystem::path& path)
      : file(path), header(detail::read_npy_header(file)) {}
  detail::InputFile file;
  detail::NpyHeader header;
};

NpyFile::NpyFile(const std::filesystem::path& file) : state_(std::make_unique<State>(file)) {}
NpyFile::~NpyFile() = default;
NpyFile::NpyFile(NpyFile&&) noexcept = default;

const std::vector<std::int64_t>& NpyFile::shape() const noexcept { return state_->header.shape; }

std::optional<Precision> NpyFile::precision() const noexcept {
  const detail::NpyType type = state_->header.number.type;
  if (type == detail::NpyType::float32) return Precision::float32;
  if (type == detail::NpyType::float64) return Precision::float64;
  return std::nullopt;
}

std::int64_t NpyFile::row_size() const noexcept { return state_->header.features(); }

Matrix NpyFile::rows(std::int64_t begin, std::int64_t count, Control* control) const {
  if (begin < 0 || count < 0 || begin > shape().front() - count)
    detail::refuse(state_->file.path(), "has " + std::to_string(shape().front()) +
                                            " rows, but rows " + std::to_string(begin) + " to " +
                                            std::to_string(begin + count) + " were requested");
  detail::WorkDone numbers(control, "read", count * row_size());
  return detail::read_npy_rows<double>(state_->file, state_->header, begin, count, numbers);
}

}  // namespace widelimit
