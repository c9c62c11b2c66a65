// The palette of the heat maps, computed rather than copied.
#include "color.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>

namespace widelimit::report {
namespace {

/// Linear sRGB of OKLab given as lightness, chroma and hue (Ottosson 2020).
std::array<double, 3> linear_rgb(double lightness, double chroma, double hue) {
  const double a = chroma * std::cos(hue), b = chroma * std::sin(hue);
  const double l = std::pow(lightness + 0.3963377774 * a + 0.2158037573 * b, 3);
  const double m = std::pow(lightness - 0.1055613458 * a - 0.0638541728 * b, 3);
  const double s = std::pow(lightness - 0.0894841775 * a - 1.2914855480 * b, 3);
  return {4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
          -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
          -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s};
}

bool is_displayable(const std::array<double, 3>& rgb) {
  return std::all_of(rgb.begin(), rgb.end(), [](double c) { return c >= 0 && c <= 1; });
}

int byte_of(double linear) {
  const double c = std::clamp(linear, 0.0, 1.0);
  const double encoded = c <= 0.0031308 ? 12.92 * c : 1.055 * std::pow(c, 1 / 2.4) - 0.055;
  return static_cast<int>(std::lround(255 * encoded));
}

}  // namespace

std::vector<std::string> sequential_palette(int steps) {
  std::vector<std::string> palette;
  for (int i = 0; i <= steps; ++i) {
    const double t = static_cast<double>(i) / steps;
    const double lightness = 0.28 + 0.67 * t;
    const double hue = (300 - 192 * t) * std::numbers::pi / 180;
    double chroma = 0.135;
    while (chroma > 0 && !is_displayable(linear_rgb(lightness, chroma, hue))) chroma -= 0.001;
    const std::array<double, 3> rgb = linear_rgb(lightness, chroma, hue);
    char text[8];
    std::snprintf(text, sizeof text, "#%02x%02x%02x", byte_of(rgb[0]) & 255, byte_of(rgb[1]) & 255,
                  byte_of(rgb[2]) & 255);
    palette.emplace_back(text);
  }
  return palette;
}

}  // namespace widelimit::report
