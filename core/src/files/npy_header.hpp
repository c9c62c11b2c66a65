// The header of an .npy file: the type, shape and order of the numbers. The format is NumPy's
// (numpy.lib.format, versions 1.0 to 3.0); its dictionary is accepted only in the plain form that
// NumPy writes, and is not evaluated.
#pragma once

#include "files/byte_source.hpp"
#include "files/npy_type.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace widelimit::detail {

struct NpyHeader {
  NpyNumber number;
  bool fortran_order = false;
  std::vector<std::int64_t> shape;  ///< at least one axis, all of them at least 1
  std::int64_t data_offset = 0;

  [[nodiscard]] std::int64_t count() const noexcept { return shape.front(); }
  /// Numbers of one sample: the product of all other axes.
  [[nodiscard]] std::int64_t features() const noexcept;
};

/// Throws Error(usage) unless the bytes are exactly one complete array of a type of NpyType with at
/// least one number. Their number agrees with the shape, so callers may allocate memory for it.
[[nodiscard]] NpyHeader read_npy_header(const ByteSource& file);

/// "(3, 4)", as Python writes it.
[[nodiscard]] std::string shape_text(const std::vector<std::int64_t>& shape);

/// The bytes in front of a C-order array of float32 or float64; a multiple of 64.
[[nodiscard]] std::string npy_header_text(NpyType type, const std::vector<std::int64_t>& shape);

}  // namespace widelimit::detail
