// PNG files, written by libpng, as data URIs: base64 (RFC 4648) is the part that libpng leaves to
// us.
#include "png.hpp"

#include <widelimit/error.hpp>

#include <png.h>

#include <string_view>

namespace widelimit::report {
namespace {

std::string base64(std::string_view bytes) {
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
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(pixels.width);
  image.height = static_cast<png_uint_32>(pixels.height);
  image.format = pixels.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string file(size, '\0');
  if (png_image_write_to_memory(&image, file.data(), &size, 0, pixels.values.data(), 0, nullptr) ==
      0)
    throw Error(ErrorCode::internal,
                std::string("libpng cannot write a picture: ") + image.message);
  return "data:image/png;base64," + base64(std::string_view(file).substr(0, size));
}

}  // namespace widelimit::report
