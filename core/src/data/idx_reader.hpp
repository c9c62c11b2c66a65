// Arrays of bytes in the IDX format (the MNIST database's: two zero bytes, a type, the number of
// axes, their lengths as big-endian 32-bit numbers, then the array in C order), plain or gzip.
#pragma once

#include "base/work_done.hpp"
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
  /// Reads only the header. Throws Error(usage) if the file is not IDX, holds numbers other than
  /// unsigned bytes, or is shorter or longer than its header says. (A gzip file is refused if it is
  /// too short even at the best ratio of deflate, 1032 : 1.)
  explicit IdxReader(const std::filesystem::path& path);

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return file_.path(); }
  [[nodiscard]] const std::vector<std::int64_t>& shape() const noexcept { return shape_; }
  [[nodiscard]] std::int64_t count() const noexcept { return shape_.front(); }
  /// Bytes of one sample.
  [[nodiscard]] std::int64_t features() const noexcept;
  /// Passes the bytes of samples [begin, begin + count) to `take`, piece by piece in order, and
  /// adds them to `numbers`, which stops the call between pieces. Throws Error(usage) if a gzip
  /// stream is damaged, truncated, or goes on after the last sample.
  void read(std::int64_t begin, std::int64_t count, WorkDone& numbers,
            const std::function<void(const std::uint8_t*, std::size_t)>& take) const;

 private:
  InputFile file_;
  bool compressed_ = false;
  std::vector<std::int64_t> shape_;
};

}  // namespace widelimit::detail
