// The header of an .npy file, and parts of its numbers.
#include "npy.hpp"

#include <widelimit/error.hpp>

#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace widelimit::experiment {
namespace {

static_assert(std::endian::native == std::endian::little, "the files are little-endian");

std::string_view value_of(std::string_view header, std::string_view key) {
  const std::size_t found = header.find("'" + std::string(key) + "':");
  if (found == std::string_view::npos) return {};
  const std::size_t begin = header.find_first_not_of(' ', found + key.size() + 3);
  return begin == std::string_view::npos ? std::string_view() : header.substr(begin);
}

}  // namespace

NpyReader::NpyReader(std::filesystem::path file)
    : file_(std::move(file)), stream_(file_, std::ios::binary) {
  if (!stream_) throw Error(ErrorCode::io, "cannot read " + file_.string());
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorCode::usage, file_.string() + ": " + why);
  };
  std::array<unsigned char, 12> start{};
  stream_.read(reinterpret_cast<char*>(start.data()), 10);
  if (!stream_ || std::memcmp(start.data(), "\x93NUMPY", 6) != 0) refuse("not an .npy file");
  std::uint32_t length = start[8] + 256u * start[9];
  offset_ = 10;
  if (start[6] >= 2) {
    stream_.read(reinterpret_cast<char*>(start.data()) + 10, 2);
    length += 65536u * start[10] + 16777216u * start[11];
    offset_ = 12;
  }
  constexpr std::uint32_t longest = 65536;
  if (!stream_ || length > longest) refuse("its header is damaged");
  std::string header(length, ' ');
  stream_.read(header.data(), static_cast<std::streamsize>(length));
  if (!stream_) refuse("its header is cut off");
  offset_ += length;

  const std::string_view type = value_of(header, "descr");
  if (!type.starts_with("'<f8'") && !type.starts_with("'<f4'"))
    refuse("expected float32 or float64, found " + std::string(type.substr(0, type.find(','))));
  width_ = type[3] - '0';
  if (!value_of(header, "fortran_order").starts_with("False")) refuse("expected C order");
  std::string_view axes = value_of(header, "shape");
  if (!axes.starts_with('(')) refuse("its header has no shape");
  axes = axes.substr(1, axes.find(')') - 1);
  std::int64_t total = 1;
  while (axes.find_first_not_of(", ") != std::string_view::npos) {
    axes.remove_prefix(axes.find_first_not_of(", "));
    std::int64_t extent = -1;
    const auto [end, error] = std::from_chars(axes.data(), axes.data() + axes.size(), extent);
    if (error != std::errc() || extent < 0 || __builtin_mul_overflow(total, extent, &total))
      refuse("its shape is damaged");
    shape_.push_back(extent);
    axes.remove_prefix(static_cast<std::size_t>(end - axes.data()));
  }
  stream_.seekg(0, std::ios::end);
  const std::int64_t present = static_cast<std::int64_t>(stream_.tellg()) - offset_;
  std::int64_t expected = 0;
  if (__builtin_mul_overflow(total, width_, &expected) || present != expected)
    refuse("its shape asks for " + std::to_string(total) + " numbers of " + std::to_string(width_) +
           " bytes, the file has " + std::to_string(present) + " bytes of them");
}

std::int64_t NpyReader::size() const noexcept {
  std::int64_t total = 1;
  for (const std::int64_t extent : shape_) total *= extent;
  return total;
}

std::vector<double> NpyReader::read(std::int64_t begin, std::int64_t length) {
  const auto number = static_cast<std::size_t>(length);
  std::vector<double> values(number);
  stream_.clear();
  stream_.seekg(offset_ + begin * width_);
  if (width_ == 8) {
    stream_.read(reinterpret_cast<char*>(values.data()), length * width_);
  } else {
    std::vector<float> narrow(number);
    stream_.read(reinterpret_cast<char*>(narrow.data()), length * width_);
    values.assign(narrow.begin(), narrow.end());
  }
  if (!stream_) throw Error(ErrorCode::io, "cannot read " + file_.string());
  return values;
}

}  // namespace widelimit::experiment
