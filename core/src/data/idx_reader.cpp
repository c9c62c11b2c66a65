// Reading IDX files.
#include "data/idx_reader.hpp"

#include "base/sizes.hpp"
#include "files/byte_stream.hpp"
#include "files/npy_header.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <limits>
#include <string>

namespace widelimit::detail {

namespace {

constexpr std::int64_t chunk_bytes = 1 << 18;  // a multiple of the size of every type

bool is_type(std::uint8_t number) {
  return number == 0x08 || number == 0x09 || (number >= 0x0b && number <= 0x0e);
}

// Numbers of type T, which are big-endian, as float64.
template <class T>
void convert(const std::uint8_t* from, std::size_t count, double* to) {
  std::array<std::uint8_t, sizeof(T)> bytes;
  for (std::size_t i = 0; i < count; ++i, from += sizeof(T)) {
    std::reverse_copy(from, from + sizeof(T), bytes.begin());
    T value;
    std::memcpy(&value, bytes.data(), sizeof(T));
    to[i] = static_cast<double>(value);
  }
}

void convert(IdxType type, const std::uint8_t* from, std::size_t count, double* to) {
  switch (type) {
    case IdxType::uint8:
      return convert<std::uint8_t>(from, count, to);
    case IdxType::int8:
      return convert<std::int8_t>(from, count, to);
    case IdxType::int16:
      return convert<std::int16_t>(from, count, to);
    case IdxType::int32:
      return convert<std::int32_t>(from, count, to);
    case IdxType::float32:
      return convert<float>(from, count, to);
    case IdxType::float64:
      return convert<double>(from, count, to);
  }
}

// The size of header and array in bytes, or a number larger than any file.
std::int64_t promised_bytes(IdxType type, const std::vector<std::int64_t>& shape) {
  std::int64_t bytes = bytes_of(type);
  for (const std::int64_t axis : shape) {
    if (bytes > (std::numeric_limits<std::int64_t>::max() >> 8) / axis)
      return std::numeric_limits<std::int64_t>::max();
    bytes *= axis;
  }
  return bytes + 4 + 4 * static_cast<std::int64_t>(shape.size());
}

}  // namespace

IdxReader::IdxReader(const std::filesystem::path& path, const Control* control)
    : file_(path), compressed_(ByteStream::is_gzip(file_)) {
  if (file_.size() == 0) file_.refuse("is empty; expected an IDX file");
  ByteStream stream(file_);
  std::array<std::uint8_t, 4> head{};
  const std::size_t got = stream.read(head.data(), head.size());
  if (got < 4 || head[0] != 0 || head[1] != 0) {
    if (!compressed_) refuse_other_kind(file_, "an IDX file");
    file_.refuse(
        "is not an IDX file: it does not begin with two zero bytes, a type and a number of axes");
  }
  if (!is_type(head[2]))
    file_.refuse("holds numbers of the unknown type " + std::to_string(head[2]) +
                 "; IDX files hold bytes (8, 9), integers (11, 12) or floating-point numbers "
                 "(13, 14)");
  type_ = static_cast<IdxType>(head[2]);
  const std::size_t axes = head[3];
  if (axes < 1 || axes > 4)
    file_.refuse("has " + std::to_string(axes) +
                 " axes; expected 1 for labels, 3 for images, at most 4");
  for (std::size_t a = 0; a < axes; ++a) {
    if (stream.read(head.data(), 4) < 4) file_.refuse("is truncated inside its IDX header");
    shape_.push_back((std::int64_t{head[0]} << 24) | (head[1] << 16) | (head[2] << 8) | head[3]);
  }
  const std::string shape = shape_text(shape_);
  if (count() == 0) file_.refuse("has no samples: its shape is " + shape);
  if (std::find(shape_.begin(), shape_.end(), 0) != shape_.end())
    file_.refuse("is empty: its shape " + shape + " has an axis of length 0");
  check_length(promised_bytes(type_, shape_), control);
}

void IdxReader::check_length(std::int64_t promised, const Control* control) const {
  const std::string shape = shape_text(shape_);
  if (!compressed_) {
    if (promised != file_.size())
      file_.refuse((promised > file_.size() ? "is truncated (or its header is wrong)"
                                            : "has bytes after its array") +
                   std::string(": the shape ") + shape + " promises a file of " +
                   bytes_text(promised) + ", it has " + bytes_text(file_.size()));
    return;
  }
  if (promised / best_compression > file_.size())
    file_.refuse("is truncated (or its header is wrong): the shape " + shape + " promises " +
                 bytes_text(promised) + ", which " + bytes_text(file_.size()) +
                 " of gzip cannot hold");
  // Several members, or a fault: the numbers themselves decide.
  if (ByteStream::stated_length(file_) == static_cast<std::uint32_t>(promised)) return;
  WorkDone numbers(control, "read data", count() * features());
  read(0, count(), numbers, [](const double*, std::size_t) {});
}

std::int64_t IdxReader::features() const noexcept {
  std::int64_t product = 1;
  for (std::size_t axis = 1; axis < shape_.size(); ++axis) product *= shape_[axis];
  return product;
}

std::int64_t IdxReader::bytes_before_array() const noexcept {
  return 4 + 4 * static_cast<std::int64_t>(shape_.size());
}

void IdxReader::read(std::int64_t begin, std::int64_t count, WorkDone& done,
                     const std::function<void(const double*, std::size_t)>& take) const {
  ByteStream stream(file_);
  std::vector<std::uint8_t> chunk(to_size(chunk_bytes));
  std::vector<double> numbers;
  const auto pass = [&](std::int64_t bytes, bool wanted) {
    while (bytes > 0) {
      done.check();
      const auto ask = to_size(std::min(bytes, chunk_bytes));
      if (stream.read(chunk.data(), ask) < ask)
        file_.refuse("is truncated: the shape " + shape_text(shape_) +
                     " promises more than its gzip stream holds");
      if (wanted) {
        numbers.resize(ask / to_size(bytes_of(type_)));
        convert(type_, chunk.data(), numbers.size(), numbers.data());
        take(numbers.data(), numbers.size());
        done.add(std::ssize(numbers));
      }
      bytes -= static_cast<std::int64_t>(ask);
    }
  };
  const std::int64_t sample = features() * bytes_of(type_);
  pass(bytes_before_array() + begin * sample, false);
  pass(count * sample, true);
  if (begin + count == this->count() && stream.read(chunk.data(), 1) != 0)
    file_.refuse("has bytes after its array: the shape " + shape_text(shape_) +
                 " promises fewer than its gzip stream holds");
}

}  // namespace widelimit::detail
