// StoreReader: maps the file into memory, and checks each tile before its first use.
#include <widelimit/store.hpp>

#include <widelimit/error.hpp>

#include "base/sizes.hpp"
#include "base/work_done.hpp"
#include "files/input_file.hpp"
#include "files/new_file.hpp"
#include "files/npy_header.hpp"
#include "store/opening.hpp"
#include "text/numbers.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>
#include <utility>

namespace widelimit {

using detail::Layout;
using detail::StoreFile;
using detail::TileIndices;
using detail::WorkDone;

namespace {

class Mapping {
 public:
  Mapping(const StoreFile& file, std::int64_t bytes) : bytes_(to_size(bytes)) {
    if (file.size() != bytes)
      detail::refuse(file.path(),
                     "is a store of " + detail::bytes_text(file.size()) + " that should have " +
                         std::to_string(bytes) + "; resume the run of its experiment",
                     Remedy::resume);
    data_ = ::mmap(nullptr, bytes_, PROT_READ, MAP_SHARED, file.descriptor(), 0);
    if (data_ == MAP_FAILED)
      throw Error(
          ErrorCode::io,
          file.path().string() + " cannot be mapped: " + std::system_category().message(errno), {},
          {.path = file.path()});
  }
  ~Mapping() { ::munmap(data_, bytes_); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  [[nodiscard]] const std::byte* at(std::int64_t offset) const {
    return static_cast<const std::byte*>(data_) + offset;
  }

 private:
  void* data_ = nullptr;
  std::size_t bytes_;
};

}  // namespace

struct StoreReader::State {
  explicit State(const std::filesystem::path& path)
      : file(path, StoreFile::Access::read),
        layout(detail::spec_of(file)),
        map(file, layout.file_bytes()),
        checked(std::make_unique<std::atomic<bool>[]>(to_size(layout.tiles()))) {}

  [[nodiscard]] detail::Checksum entry(std::int64_t tile) const {
    detail::Checksum sum;
    std::memcpy(sum.data(), map.at(layout.entry_offset(tile)), sum.size());
    return sum;
  }

  /// The numbers of one kernel in a tile. Throws if the tile is missing or damaged.
  template <class S>
  [[nodiscard]] const S* tile(TileIndices indices, Kernel kernel) const {
    const std::int64_t index = layout.index(indices);
    const std::byte* data = map.at(layout.tile_offset(index));
    std::atomic<bool>& known = checked[to_size(index)];
    if (!known) {
      const detail::Checksum sum = entry(index);
      const char* remedy = "; resume the run of its experiment: only what is missing is computed";
      if (sum == detail::Checksum{})
        detail::refuse(file.path(), layout.name(index) + " has not been computed yet" + remedy,
                       Remedy::resume);
      if (sum != layout.tile_checksum(index, data))
        detail::refuse(file.path(), detail::damaged_text(layout, index) + remedy, Remedy::resume);
      known = true;
    }
    return reinterpret_cast<const S*>(data + layout.kernel_offset(kernel));
  }

  template <class S, class T>
  void read(Kernel kernel, std::int64_t row, std::int64_t col, std::int64_t rows, std::int64_t cols,
            T* out, std::int64_t ld, WorkDone& entries) const {
    const std::int64_t side = layout.side();
    for (std::int64_t down = row / side; down <= (row + rows - 1) / side; ++down) {
      entries.check();
      const std::int64_t top = std::max(row, down * side),
                         bottom = std::min(row + rows, (down + 1) * side);
      for (std::int64_t across = col / side; across <= (col + cols - 1) / side; ++across) {
        const std::int64_t left = std::max(col, across * side),
                           right = std::min(col + cols, (across + 1) * side);
        T* to = out + (top - row) * ld + (left - col);
        if (layout.stored({down, across})) {
          const S* from =
              tile<S>({down, across}, kernel) + (top - down * side) * side + (left - across * side);
          for (std::int64_t i = 0; i < bottom - top; ++i)
            std::copy_n(from + i * side, right - left, to + i * ld);
        } else {
          const S* from =
              tile<S>({across, down}, kernel) + (left - across * side) * side + (top - down * side);
          turn(from, bottom - top, right - left, to, ld);
        }
      }
      entries.add((bottom - top) * cols);
    }
  }

  /// to(i, j) = from(j, i), in squares that stay in the first-level cache.
  template <class S, class T>
  void turn(const S* from, std::int64_t rows, std::int64_t cols, T* to, std::int64_t ld) const {
    constexpr std::int64_t square = 16;
    const std::int64_t side = layout.side();
    for (std::int64_t i0 = 0; i0 < rows; i0 += square)
      for (std::int64_t j0 = 0; j0 < cols; j0 += square)
        for (std::int64_t i = i0; i < std::min(i0 + square, rows); ++i)
          for (std::int64_t j = j0; j < std::min(j0 + square, cols); ++j)
            to[i * ld + j] = static_cast<T>(from[j * side + i]);
  }

  void require(Kernel kernel) const {
    if (layout.spec().kernels[kernel]) return;
    detail::refuse(file.path(), std::string("does not hold the kernel ").append(name_of(kernel)));
  }

  StoreFile file;
  Layout layout;
  Mapping map;
  std::unique_ptr<std::atomic<bool>[]> checked;
};

namespace {

template <class T>
void export_as(const StoreReader& reader, std::int64_t side, Kernel kernel, detail::NewFile& file,
               std::int64_t offset, Control* control) {
  const std::int64_t rows = reader.spec().rows, cols = reader.spec().cols;
  BasicMatrix<T> panel = BasicMatrix<T>::uninitialized(std::min(side, rows), cols);
  for (std::int64_t row = 0; row < rows; row += side) {
    if (control != nullptr) control->check();
    const std::int64_t height = std::min(side, rows - row);
    reader.read(kernel, row, 0, height, cols, panel.data(), cols);
    file.write_at(offset + row * cols * static_cast<std::int64_t>(sizeof(T)), panel.data(),
                  to_size(height * cols) * sizeof(T));
    if (control != nullptr) control->report({"export", row + height, rows});
  }
}

}  // namespace

StoreReader::StoreReader(const std::filesystem::path& file)
    : state_(std::make_unique<State>(file)) {}
StoreReader::~StoreReader() = default;
StoreReader::StoreReader(StoreReader&&) noexcept = default;
StoreReader& StoreReader::operator=(StoreReader&&) noexcept = default;

const StoreSpec& StoreReader::spec() const noexcept { return state_->layout.spec(); }
std::int64_t StoreReader::tiles() const noexcept { return state_->layout.tiles(); }

std::int64_t StoreReader::done() const noexcept {
  std::int64_t count = 0;
  for (std::int64_t tile = 0; tile < tiles(); ++tile)
    count += state_->entry(tile) == detail::Checksum{} ? 0 : 1;
  return count;
}

std::vector<std::string> StoreReader::verify(Control* control) const {
  std::vector<std::string> all = detail::other_damage(state_->file, state_->layout);
  detail::for_each_listed(state_->file, state_->layout, control,
                          [&](std::int64_t tile, const std::vector<std::byte>&, bool intact) {
                            if (!intact) all.push_back(detail::damaged_text(state_->layout, tile));
                          });
  return all;
}

template <class T>
void StoreReader::read(Kernel kernel, std::int64_t row, std::int64_t col, std::int64_t rows,
                       std::int64_t cols, T* out, std::int64_t ld, Control* control) const {
  state_->require(kernel);
  const StoreSpec& s = spec();
  if (row < 0 || col < 0 || rows < 0 || cols < 0 || row > s.rows - rows || col > s.cols - cols)
    throw Error(ErrorCode::usage, "the requested block lies outside the kernel of " +
                                      detail::shape_text(s.rows, s.cols));
  if (rows == 0 || cols == 0) return;
  WorkDone entries(control, "read", rows * cols);
  if (s.precision == Precision::float32)
    state_->read<float>(kernel, row, col, rows, cols, out, ld, entries);
  else
    state_->read<double>(kernel, row, col, rows, cols, out, ld, entries);
}

template void StoreReader::read(Kernel, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                                float*, std::int64_t, Control*) const;
template void StoreReader::read(Kernel, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                                double*, std::int64_t, Control*) const;

void StoreReader::export_npy(Kernel kernel, const std::filesystem::path& path,
                             Control* control) const {
  state_->require(kernel);
  const StoreSpec& s = spec();
  const bool wide = s.precision == Precision::float64;
  const std::string header = detail::npy_header_text(
      wide ? detail::NpyType::float64 : detail::NpyType::float32, {s.rows, s.cols});
  const auto offset = static_cast<std::int64_t>(header.size());
  detail::NewFile file(path);
  file.claim(offset + s.rows * s.cols * static_cast<std::int64_t>(bytes_of(s.precision)));
  file.write_at(0, header.data(), header.size());
  if (wide)
    export_as<double>(*this, s.tile_side, kernel, file, offset, control);
  else
    export_as<float>(*this, s.tile_side, kernel, file, offset, control);
  file.commit();
}

}  // namespace widelimit
