// Arrays of a run, read in parts: a kernel may be gigabytes where a picture needs a few hundred
// rows, or a check one after the other.
// Thread safety: one thread per object.
#pragma once

#include <widelimit/matrix.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <vector>

namespace widelimit::experiment {

/// An .npy file of float32 or float64 in C order, as runs write them (format of NumPy's
/// numpy.lib.format, versions 1 to 3).
class NpyReader {
 public:
  /// Reads the header. Throws Error(io) where the file cannot be read, Error(usage) that names the
  /// file where it is something else, or shorter or longer than it says.
  explicit NpyReader(std::filesystem::path file);

  [[nodiscard]] const std::vector<std::int64_t>& shape() const noexcept { return shape_; }
  [[nodiscard]] Precision precision() const noexcept {
    return width_ == 8 ? Precision::float64 : Precision::float32;
  }
  [[nodiscard]] std::int64_t size() const noexcept;
  /// Elements [begin, begin + length) in the order of the file.
  [[nodiscard]] std::vector<double> read(std::int64_t begin, std::int64_t length);

 private:
  std::filesystem::path file_;
  std::ifstream stream_;
  std::vector<std::int64_t> shape_;
  std::int64_t width_ = 8, offset_ = 0;
};

}  // namespace widelimit::experiment
