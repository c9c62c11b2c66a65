// The few chunks of a PNG file, and base64 (RFC 4648).
#include "png.hpp"

#include <algorithm>
#include <string_view>

namespace widelimit::report {
namespace {

/// The lowest byte of a number.
char byte(std::uint32_t value) { return static_cast<char>(value & 0xFFu); }

std::string big_endian(std::uint32_t value) {
  return {byte(value >> 24), byte(value >> 16), byte(value >> 8), byte(value)};
}

/// ISO/IEC 15948, annex D.
std::uint32_t crc(std::string_view bytes) {
  std::uint32_t c = 0xFFFFFFFFu;
  for (const char at : bytes) {
    c ^= static_cast<unsigned char>(at);
    for (int bit = 0; bit < 8; ++bit) c = (c & 1u) != 0 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
  }
  return ~c;
}

/// RFC 1950, section 9.
std::uint32_t adler(std::string_view bytes) {
  std::uint32_t a = 1, b = 0;
  for (const char at : bytes) {
    a = (a + static_cast<unsigned char>(at)) % 65521;
    b = (b + a) % 65521;
  }
  return (b << 16) | a;
}

void add_chunk(std::string& file, const std::string& type, const std::string& data) {
  file += big_endian(static_cast<std::uint32_t>(data.size())) + type + data +
          big_endian(crc(type + data));
}

/// A zlib stream of stored blocks.
std::string stored(const std::string& bytes) {
  constexpr std::size_t most = 65535;
  std::string stream{byte(0x78), byte(0x01)};
  for (std::size_t at = 0; at < bytes.size(); at += most) {
    const auto length = static_cast<std::uint32_t>(std::min(most, bytes.size() - at));
    stream += byte(at + length == bytes.size() ? 1 : 0);
    stream += {byte(length), byte(length >> 8), byte(~length), byte(~length >> 8)};
    stream.append(bytes, at, length);
  }
  return stream + big_endian(adler(bytes));
}

std::string base64(const std::string& bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group =
          (group << 8) | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0);
    for (std::size_t i = 0; i < 4; ++i)
      text += at + i > bytes.size() ? '=' : digits[(group >> (18 - 6 * i)) & 63u];
  }
  return text;
}

}  // namespace

std::string png_uri(const Pixels& pixels) {
  const auto line = static_cast<std::size_t>(pixels.width * pixels.channels);
  std::string rows;
  for (std::size_t at = 0; at < pixels.values.size(); at += line) {
    rows += '\0';  // no filter
    for (std::size_t i = 0; i < line; ++i) rows += static_cast<char>(pixels.values[at + i]);
  }
  std::string file = "\x89PNG\r\n\x1a\n";
  constexpr std::uint32_t grey = 0, color = 2;
  add_chunk(file, "IHDR",
            big_endian(static_cast<std::uint32_t>(pixels.width)) +
                big_endian(static_cast<std::uint32_t>(pixels.height)) + byte(8) +
                byte(pixels.channels == 1 ? grey : color) + std::string(3, '\0'));
  add_chunk(file, "IDAT", stored(rows));
  add_chunk(file, "IEND", "");
  return "data:image/png;base64," + base64(file);
}

}  // namespace widelimit::report
