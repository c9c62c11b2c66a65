// The colours of the report, each for light and for dark surroundings, and the palette of the heat
// maps.
// Thread safety: pure functions.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace widelimit::report {

struct Color {
  std::string_view name, light, dark;  ///< "#rrggbb"
};

// Pictures are drawn in the light colours. In the page every one of them becomes the CSS variable
// of its name, so no two light colours may be equal. Text colours keep a contrast of at least 4.5
// to the surface (WCAG 2.1, 1.4.3), marks of at least 3 (1.4.11). Train and test differ in hue and
// lightness, so that they can be distinguished with any colour vision.
inline constexpr Color surface{"surface", "#ffffff", "#1a1d21"};
inline constexpr Color ink{"ink", "#1d2329", "#e8eaed"};
inline constexpr Color muted{"muted", "#59636e", "#a2abb5"};
inline constexpr Color grid{"grid", "#e4e7ea", "#30363d"};
inline constexpr Color axis_line{"axis", "#a7aeb6", "#565f69"};
inline constexpr Color train{"train", "#2a62a6", "#7ab1f0"};
inline constexpr Color test{"test", "#c2570c", "#f5a05c"};
inline constexpr std::array colors{surface, ink, muted, grid, axis_line, train, test};

/// A perceptually uniform sequential palette from dark violet to light yellow, for gnuplot's `set
/// palette`: equal steps of lightness in OKLab (Ottosson 2020,
/// https://bottosson.github.io/posts/oklab), hue in one direction, and as much of the nominal
/// chroma as sRGB can show. `steps` + 1 colours, "#rrggbb", from low to high.
std::vector<std::string> sequential_palette(int steps);

}  // namespace widelimit::report
