// Small pictures as PNG inside a page.
// Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace widelimit::report {

struct Pixels {
  std::int64_t width = 0, height = 0, channels = 0;  ///< channels: 1 grey, 3 red, green and blue
  std::vector<std::uint8_t> values;                  ///< [row, column, channel]
};

/// "data:image/png;base64,...": PNG (ISO/IEC 15948) whose deflate stream (RFC 1951) is stored as it
/// is, which small pictures lose little by.
std::string png_uri(const Pixels& pixels);

}  // namespace widelimit::report
