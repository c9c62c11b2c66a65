// Reads blocks of kernels from stores, and from .npy files row by row.
#include <widelimit/store.hpp>

#include <widelimit/error.hpp>

#include "base/sizes.hpp"
#include "files/input_file.hpp"
#include "files/npy_header.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace widelimit {

namespace {

class StoreSource final : public KernelSource {
 public:
  StoreSource(const std::filesystem::path& file, Kernel kernel) : reader_(file), kernel_(kernel) {}
  [[nodiscard]] std::int64_t rows() const override { return reader_.spec().rows; }
  [[nodiscard]] std::int64_t cols() const override { return reader_.spec().cols; }
  void read(std::int64_t row, std::int64_t col, std::int64_t rows, std::int64_t cols, double* out,
            std::int64_t ld) const override {
    reader_.read(kernel_, row, col, rows, cols, out, ld);
  }

 private:
  StoreReader reader_;
  Kernel kernel_;
};

class NpySource final : public KernelSource {
 public:
  explicit NpySource(const std::filesystem::path& file)
      : file_(file), header_(detail::read_npy_header(file_)) {
    if (header_.shape.size() != 2 || header_.fortran_order ||
        (!is_float64() && header_.number.type != detail::NpyType::float32) ||
        header_.number.big_endian)
      detail::refuse(file,
                     "is no kernel: expected two axes of float32 or float64 in C order and little "
                     "endian");
  }
  [[nodiscard]] std::int64_t rows() const override { return header_.shape[0]; }
  [[nodiscard]] std::int64_t cols() const override { return header_.shape[1]; }
  void read(std::int64_t row, std::int64_t col, std::int64_t rows, std::int64_t cols, double* out,
            std::int64_t ld) const override {
    if (row < 0 || col < 0 || rows < 0 || cols < 0 || row > this->rows() - rows ||
        col > this->cols() - cols)
      throw Error(ErrorCode::usage, "the requested block lies outside the kernel");
    std::vector<float> narrow;
    for (std::int64_t i = 0; i < rows; ++i) {
      const std::int64_t at = (row + i) * this->cols() + col;
      if (is_float64()) {
        read_numbers(at, out + i * ld, cols);
      } else {
        narrow.resize(to_size(cols));
        read_numbers(at, narrow.data(), cols);
        std::copy(narrow.begin(), narrow.end(), out + i * ld);
      }
    }
  }

 private:
  [[nodiscard]] bool is_float64() const noexcept {
    return header_.number.type == detail::NpyType::float64;
  }
  template <class T>
  void read_numbers(std::int64_t first, T* to, std::int64_t count) const {
    file_.read(header_.data_offset + first * static_cast<std::int64_t>(sizeof(T)), to,
               to_size(count) * sizeof(T));
  }

  detail::InputFile file_;
  detail::NpyHeader header_;
};

}  // namespace

std::unique_ptr<KernelSource> open_kernel(const std::filesystem::path& file, Kernel kernel) {
  if (file.extension() == ".npy") return std::make_unique<NpySource>(file);
  return std::make_unique<StoreSource>(file, kernel);
}

}  // namespace widelimit
