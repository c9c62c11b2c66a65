// Reading and writing arrays.
#include "files/npy.hpp"

#include <widelimit/experiment/files.hpp>

#include "base/sizes.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <type_traits>

namespace widelimit::detail {

namespace {

constexpr std::int64_t chunk_bytes = 1 << 20;
constexpr std::int64_t direct_bytes = 16 << 20;  // without a copy

// float16 (IEEE 754 binary16) as the 16 bits that it is.
struct Half {
  std::uint16_t bits;
  explicit operator double() const noexcept {
    const int exponent = (bits >> 10) & 31, fraction = bits & 1023;
    const double size = exponent == 31  ? (fraction == 0 ? std::numeric_limits<double>::infinity()
                                                         : std::numeric_limits<double>::quiet_NaN())
                        : exponent == 0 ? std::ldexp(fraction, -24)
                                        : std::ldexp(1024 + fraction, exponent - 25);
    return (bits & 0x8000) != 0 ? -size : size;
  }
  explicit operator float() const noexcept { return static_cast<float>(double{*this}); }
};

// Every byte but zero is true.
struct Truth {
  std::uint8_t byte;
  explicit operator double() const noexcept { return byte == 0 ? 0 : 1; }
  explicit operator float() const noexcept { return byte == 0 ? 0 : 1; }
};

template <class From>
From with_bytes_swapped(From value) {
  std::array<std::byte, sizeof(From)> bytes;
  std::memcpy(bytes.data(), &value, sizeof(From));
  std::reverse(bytes.begin(), bytes.end());
  std::memcpy(&value, bytes.data(), sizeof(From));
  return value;
}

// Reads numbers that are contiguous in the file.
template <class From>
void read_numbers(const ByteSource& file, const NpyHeader& header, std::int64_t first, From* to,
                  std::int64_t count) {
  const auto size = static_cast<std::int64_t>(sizeof(From));
  file.read(header.data_offset + first * size, to, to_size(count * size));
  if (header.number.big_endian) std::transform(to, to + count, to, with_bytes_swapped<From>);
}

// Numbers in C order: rows are contiguous.
template <class From, class T>
void read_c_order(const ByteSource& file, const NpyHeader& header, std::int64_t begin,
                  BasicMatrix<T>& out, WorkDone& numbers) {
  const std::int64_t first = begin * header.features();
  if constexpr (std::is_same_v<From, T>) {
    const std::int64_t step = direct_bytes / static_cast<std::int64_t>(sizeof(T));
    for (std::int64_t at = 0; at < out.size(); at += step) {
      numbers.check();
      const std::int64_t n = std::min(step, out.size() - at);
      read_numbers(file, header, first + at, out.data() + at, n);
      numbers.add(n);
    }
  } else {
    std::vector<From> chunk(to_size(
        std::min<std::int64_t>(out.size(), chunk_bytes / static_cast<std::int64_t>(sizeof(From)))));
    const auto step = static_cast<std::int64_t>(chunk.size());
    for (std::int64_t at = 0; at < out.size(); at += step) {
      numbers.check();
      const std::int64_t n = std::min(step, out.size() - at);
      read_numbers(file, header, first + at, chunk.data(), n);
      std::transform(chunk.begin(), chunk.begin() + n, out.data() + at,
                     [](From v) { return static_cast<T>(v); });
      numbers.add(n);
    }
  }
}

// In a file in Fortran order, the first axis of a sample varies fastest; in a row of the result,
// the last. Returns the offset in the row of each feature of the file.
std::vector<std::int64_t> offsets_in_row(const NpyHeader& header) {
  std::vector<std::int64_t> stride(header.shape.size(), 1);
  for (std::size_t axis = header.shape.size(); axis-- > 1;)
    stride[axis - 1] = stride[axis] * header.shape[axis];
  std::vector<std::int64_t> index(header.shape.size(), 0);
  std::vector<std::int64_t> offsets(to_size(header.features()));
  std::int64_t offset = 0;
  for (std::int64_t& p : offsets) {
    p = offset;
    for (std::size_t axis = 1; axis < index.size(); ++axis) {
      offset += stride[axis];
      if (++index[axis] < header.shape[axis]) break;
      offset -= stride[axis] * header.shape[axis];
      index[axis] = 0;
    }
  }
  return offsets;
}

// Numbers in Fortran order: one feature of all samples is contiguous. A panel of features is read,
// then scattered in blocks of rows that stay in cache.
template <class From, class T>
void read_fortran_order(const ByteSource& file, const NpyHeader& header, std::int64_t begin,
                        BasicMatrix<T>& out, WorkDone& numbers) {
  const auto size = static_cast<std::int64_t>(sizeof(From));
  const std::int64_t rows = out.rows(), features = out.cols();
  const std::vector<std::int64_t> offsets = offsets_in_row(header);
  const std::int64_t panel = std::clamp<std::int64_t>(chunk_bytes / (rows * size), 1, features);
  std::vector<From> columns(to_size(panel * rows));
  constexpr std::int64_t block = 32;
  for (std::int64_t f = 0; f < features; f += panel) {
    numbers.check();
    const std::int64_t width = std::min(panel, features - f);
    for (std::int64_t c = 0; c < width; ++c)
      read_numbers(file, header, (f + c) * header.count() + begin, columns.data() + c * rows, rows);
    for (std::int64_t r = 0; r < rows; r += block)
      for (std::int64_t c = 0; c < width; ++c) {
        const From* from = columns.data() + c * rows;
        const std::int64_t offset = offsets[to_size(f + c)];
        for (std::int64_t i = r; i < std::min(r + block, rows); ++i)
          out(i, offset) = static_cast<T>(from[i]);
      }
    numbers.add(width * rows);
  }
}

template <class From, class T>
void read_as(const ByteSource& file, const NpyHeader& header, std::int64_t begin,
             BasicMatrix<T>& out, WorkDone& numbers) {
  if (header.fortran_order)
    read_fortran_order<From>(file, header, begin, out, numbers);
  else
    read_c_order<From>(file, header, begin, out, numbers);
}

}  // namespace

template <class T>
BasicMatrix<T> read_npy_rows(const ByteSource& file, const NpyHeader& header, std::int64_t begin,
                             std::int64_t count, WorkDone& numbers) {
  auto out = BasicMatrix<T>::uninitialized(count, header.features());
  if (out.empty()) return out;
  switch (header.number.type) {
    case NpyType::boolean:
      read_as<Truth>(file, header, begin, out, numbers);
      break;
    case NpyType::int8:
      read_as<std::int8_t>(file, header, begin, out, numbers);
      break;
    case NpyType::int16:
      read_as<std::int16_t>(file, header, begin, out, numbers);
      break;
    case NpyType::int32:
      read_as<std::int32_t>(file, header, begin, out, numbers);
      break;
    case NpyType::int64:
      read_as<std::int64_t>(file, header, begin, out, numbers);
      break;
    case NpyType::uint8:
      read_as<std::uint8_t>(file, header, begin, out, numbers);
      break;
    case NpyType::uint16:
      read_as<std::uint16_t>(file, header, begin, out, numbers);
      break;
    case NpyType::uint32:
      read_as<std::uint32_t>(file, header, begin, out, numbers);
      break;
    case NpyType::uint64:
      read_as<std::uint64_t>(file, header, begin, out, numbers);
      break;
    case NpyType::float16:
      read_as<Half>(file, header, begin, out, numbers);
      break;
    case NpyType::float32:
      read_as<float>(file, header, begin, out, numbers);
      break;
    case NpyType::float64:
      read_as<double>(file, header, begin, out, numbers);
      break;
  }
  return out;
}

template <class T>
void write_npy_array(const std::filesystem::path& file, const T* data,
                     const std::vector<std::int64_t>& shape, const Control* control) {
  std::int64_t count = 1;
  for (const std::int64_t axis : shape) count *= axis;
  WorkDone numbers(control, "write", count);
  AtomicFile out(file);
  out.write(npy_header_text(sizeof(T) == 4 ? NpyType::float32 : NpyType::float64, shape));
  constexpr auto step = direct_bytes / static_cast<std::int64_t>(sizeof(T));
  for (std::int64_t at = 0; at < count; at += step) {
    numbers.check();
    const std::int64_t n = std::min(step, count - at);
    out.write(data + at, to_size(n) * sizeof(T));
    numbers.add(n);
  }
  out.commit();
}

template <class T>
void require_finite(const BasicMatrix<T>& values, const ByteSource& file, std::int64_t first_row) {
  for (std::int64_t i = 0; i < values.rows(); ++i) {
    T sum = 0;  // 0 * x is NaN where x is not finite: one pass the compiler vectorises
    for (const T v : values.row(i)) sum += T{0} * v;
    if (sum == T{0}) continue;
    for (std::int64_t j = 0; j < values.cols(); ++j)
      if (const T v = values(i, j); !std::isfinite(v))
        file.refuse("row " + std::to_string(first_row + i) + ", column " + std::to_string(j) +
                    " (counted from 0, as in the array) is " +
                    (std::isnan(v) ? "NaN"
                     : v > 0       ? "inf"
                                   : "-inf") +
                    "; every number must be finite: repair or leave out the sample");
  }
}

template BasicMatrix<float> read_npy_rows(const ByteSource&, const NpyHeader&, std::int64_t,
                                          std::int64_t, WorkDone&);
template BasicMatrix<double> read_npy_rows(const ByteSource&, const NpyHeader&, std::int64_t,
                                           std::int64_t, WorkDone&);
template void write_npy_array(const std::filesystem::path&, const float*,
                              const std::vector<std::int64_t>&, const Control*);
template void write_npy_array(const std::filesystem::path&, const double*,
                              const std::vector<std::int64_t>&, const Control*);
template void require_finite(const BasicMatrix<float>&, const ByteSource&, std::int64_t);
template void require_finite(const BasicMatrix<double>&, const ByteSource&, std::int64_t);

}  // namespace widelimit::detail

namespace widelimit {

void write_npy(const std::filesystem::path& file, const double* data,
               const std::vector<std::int64_t>& shape, Control* control) {
  detail::write_npy_array(file, data, shape, control);
}

}  // namespace widelimit
