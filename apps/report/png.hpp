// Small pictures as PNG inside a page.
// Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace widelimit::report {

struct Pixels {
  std::int64_t width = 0, height = 0;
  /// 1: grey; 3: red, green and blue.
  std::int64_t channels = 0;
  /// [row][column][channel], height * width * channels of them.
  std::vector<std::uint8_t> values;
};

/// "data:image/png;base64,...": PNG (ISO/IEC 15948), 8 bits a channel. Throws
/// widelimit::Error(internal) where libpng refuses the picture, such as one without pixels.
std::string png_uri(const Pixels& pixels);

}  // namespace widelimit::report
