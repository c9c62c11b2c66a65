// Arrays in the IDX format (the MNIST database's: two zero bytes, a type, the number of axes, their
// lengths as big-endian 32-bit numbers, then the array in C order, big-endian), plain or gzip.
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

/// The types of the format, by their numbers in the header.
enum class IdxType : std::uint8_t {
  uint8 = 0x08,
  int8 = 0x09,
  int16 = 0x0b,
  int32 = 0x0c,
  float32 = 0x0d,
  float64 = 0x0e
};

[[nodiscard]] constexpr std::int64_t bytes_of(IdxType type) noexcept {
  return type == IdxType::float64                             ? 8
         : type == IdxType::int32 || type == IdxType::float32 ? 4
         : type == IdxType::int16                             ? 2
                                                              : 1;
}

class IdxReader {
 public:
  /// Throws Error(usage) if the file is not IDX, or is shorter or longer than its header says.
  /// Reads only the header, unless the length at the end of a gzip file differs from what the
  /// header promises: then the whole stream shows which of them is wrong. (A gzip file is refused
  /// at once if it is too short even at the best ratio of deflate, 1032 : 1.)
  /// `control`, which may be NULL, can stop that.
  IdxReader(const std::filesystem::path& path, const Control* control);

  [[nodiscard]] const InputFile& file() const noexcept { return file_; }
  [[nodiscard]] const std::vector<std::int64_t>& shape() const noexcept { return shape_; }
  [[nodiscard]] std::int64_t count() const noexcept { return shape_.front(); }
  [[nodiscard]] IdxType type() const noexcept { return type_; }
  /// Numbers of one sample.
  [[nodiscard]] std::int64_t features() const noexcept;
  /// Passes the numbers of samples [begin, begin + count) to `take`, piece by piece in order and
  /// exactly, and adds them to `numbers`, which stops the call between pieces. Throws Error(usage)
  /// if a gzip stream is damaged, truncated, or goes on after the last sample.
  void read(std::int64_t begin, std::int64_t count, WorkDone& numbers,
            const std::function<void(const double*, std::size_t)>& take) const;

 private:
  [[nodiscard]] std::int64_t bytes_before_array() const noexcept;
  void check_length(std::int64_t promised, const Control* control) const;

  InputFile file_;
  bool compressed_ = false;
  IdxType type_ = IdxType::uint8;
  std::vector<std::int64_t> shape_;
};

}  // namespace widelimit::detail
