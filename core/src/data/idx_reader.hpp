// Arrays of bytes in the IDX format (the MNIST database's: two zero bytes, a type, the number of
// axes, their lengths as big-endian 32-bit numbers, then the array in C order), plain or gzip.
#pragma once

#include "files/input_file.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace widelimit::detail {

class IdxReader {
 public:
  /// Reads the header alone. Throws Error(usage) where the file is not IDX, holds other numbers
  /// than unsigned bytes, or is shorter or longer than its header promises (of a gzip file: could
  /// not possibly be long enough, since deflate compresses at most 1032 : 1).
  explicit IdxReader(const std::filesystem::path& path);

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return file_.path(); }
  [[nodiscard]] const std::vector<std::int64_t>& shape() const noexcept { return shape_; }
  [[nodiscard]] std::int64_t count() const noexcept { return shape_.front(); }
  /// Bytes of one sample.
  [[nodiscard]] std::int64_t features() const noexcept;
  /// Hands the bytes of samples [begin, begin + count) to `take`, piece by piece in order. Throws
  /// Error(usage) where a gzip stream is damaged, truncated, or goes on after the last sample.
  void read(std::int64_t begin, std::int64_t count,
            const std::function<void(const std::uint8_t*, std::size_t)>& take) const;

 private:
  InputFile file_;
  bool compressed_ = false;
  std::vector<std::int64_t> shape_;
};

}  // namespace widelimit::detail
