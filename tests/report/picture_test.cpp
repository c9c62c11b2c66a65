// Palette, curves and what of gnuplot's pictures may pass.
#include "report/color.hpp"
#include "report/curve.hpp"
#include "report/png.hpp"
#include "report/svg.hpp"
#include "report/ticks.hpp"

#include "markup.hpp"

#include <widelimit/error.hpp>

#include <doctest/doctest.h>
#include <png.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace widelimit;

namespace {

std::array<double, 3> linear_rgb(std::string_view hex) {
  std::array<double, 3> rgb{};
  for (std::size_t i = 0; i < 3; ++i) {
    const double c = std::stoi(std::string(hex.substr(1 + 2 * i, 2)), nullptr, 16) / 255.0;
    rgb[i] = c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
  }
  return rgb;
}

/// OKLab's lightness of an sRGB colour (Ottosson 2020), the way back from what the palette does.
double lightness(std::string_view hex) {
  const auto [r, g, b] = linear_rgb(hex);
  const double l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const double m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const double s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return 0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s;
}

/// WCAG 2.1's contrast ratio.
double contrast(std::string_view a, std::string_view b) {
  const auto luminance = [](std::string_view hex) {
    const auto [red, green, blue] = linear_rgb(hex);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const double x = luminance(a) + 0.05, y = luminance(b) + 0.05;
  return std::max(x, y) / std::min(x, y);
}

/// The bytes of a PNG file in a data URI.
std::string bytes_of(const std::string& uri) {
  const std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::string start = "data:image/png;base64,";
  REQUIRE(uri.starts_with(start));
  CHECK(uri.substr(start.size()).size() % 4 == 0);
  std::string bytes;
  std::uint32_t group = 0;
  int bits = 0;
  for (const char c : uri.substr(start.size())) {
    if (c == '=') break;
    REQUIRE(digits.find(c) != std::string_view::npos);
    group = (group << 6) | static_cast<std::uint32_t>(digits.find(c));
    bits += 6;
    if (bits >= 8) bytes += static_cast<char>(group >> (bits -= 8));
  }
  return bytes;
}

}  // namespace

TEST_CASE("a picture is a PNG file that libpng reads back") {
  for (const auto& [width, height, channels] :
       {std::array<std::int64_t, 3>{2, 3, 1}, {3, 2, 3}, {200, 150, 3}}) {
    report::Pixels pixels{width, height, channels, {}};
    for (std::int64_t i = 0; i < width * height * channels; ++i)
      pixels.values.push_back(static_cast<std::uint8_t>(i * 37 % 251));
    const std::string file = bytes_of(report::png_uri(pixels));
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    REQUIRE(png_image_begin_read_from_memory(&image, file.data(), file.size()) != 0);
    CHECK(image.width == width);
    CHECK(image.height == height);
    CHECK(image.format == (channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB));
    std::vector<std::uint8_t> values(PNG_IMAGE_SIZE(image));
    REQUIRE(png_image_finish_read(&image, nullptr, values.data(), 0, nullptr) != 0);
    CHECK(values == pixels.values);
  }
}

TEST_CASE("a picture without pixels is refused") {
  CHECK_THROWS_AS(report::png_uri({0, 0, 1, {}}), Error);
}

TEST_CASE("the palette's lightness grows by equal steps") {
  const auto palette = report::sequential_palette(16);
  REQUIRE(palette.size() == 17);
  const double step = (lightness(palette.back()) - lightness(palette.front())) / 16;
  CHECK(step > 0.035);  // from dark to light, not from grey to grey
  // Rounding to 8 bits moves the lightness by at most 0.004 (a channel step near black).
  for (std::size_t i = 1; i < palette.size(); ++i)
    CHECK(std::abs(lightness(palette[i]) - lightness(palette[i - 1]) - step) < 0.008);
}

TEST_CASE("text and marks stand out from the surface in light and in dark") {
  for (const report::Color& color : {report::ink, report::muted}) {
    CHECK(contrast(color.light, report::surface.light) >= 4.5);
    CHECK(contrast(color.dark, report::surface.dark) >= 4.5);
  }
  for (const report::Color& color : {report::train, report::test}) {
    CHECK(contrast(color.light, report::surface.light) >= 3);
    CHECK(contrast(color.dark, report::surface.dark) >= 3);
  }
}

TEST_CASE("a simplified curve is small and nowhere far from the whole one") {
  report::Curve curve;
  for (int i = 0; i < 10'000; ++i)
    curve.add(0.1 * i, 0.5 * std::exp(-0.01 * i) + 1e-5 * (2 + std::sin(0.01 * i)));
  const report::Curve small = report::simplified_on_log_axes(curve);
  CHECK(small.x.size() < 400);
  REQUIRE(small.x.size() > 2);
  CHECK(small.x.front() == doctest::Approx(0.1));
  CHECK(small.x.back() == doctest::Approx(999.9));
  // Seen on paper one unit wide and high, in units of the tolerance.
  const double width = std::log10(999.9 / 0.1), height = std::log10(curve.y[1] / curve.y.back());
  double farthest = 0;
  for (std::size_t i = 1; i < curve.x.size(); ++i) {
    double nearest = 1;
    for (std::size_t j = 0; j + 1 < small.x.size(); ++j) {
      const auto along = [&](double x) { return std::log10(x / curve.x[i]) / width; };
      const auto up = [&](double y) { return std::log10(y / curve.y[i]) / height; };
      const double ax = along(small.x[j]), ay = up(small.y[j]);
      const double dx = along(small.x[j + 1]) - ax, dy = up(small.y[j + 1]) - ay;
      const double t = std::clamp(-(ax * dx + ay * dy) / (dx * dx + dy * dy), 0.0, 1.0);
      nearest = std::min(nearest, std::hypot(ax + t * dx, ay + t * dy));
    }
    farthest = std::max(farthest, nearest / 1e-3);
  }
  // One tolerance from the simplification, less than another from points within a pixel column.
  CHECK(farthest < 2);
}

TEST_CASE("noise is bounded and keeps its extremes") {
  report::Curve curve;
  for (int i = 1; i <= 100'000; ++i) curve.add(i, i % 7 == 0 ? 10 : 1);
  const report::Curve small = report::simplified_on_log_axes(curve);
  CHECK(small.x.size() <= 4 * 401);
  CHECK(*std::max_element(small.y.begin(), small.y.end()) == doctest::Approx(10));
  CHECK(*std::min_element(small.y.begin(), small.y.end()) == doctest::Approx(1));
}

TEST_CASE("what a logarithmic axis cannot show is left out") {
  report::Curve curve;
  curve.add(0, 1);
  curve.add(1, 0);
  curve.add(2, std::nan(""));
  CHECK(report::simplified_on_log_axes(curve).empty());
  curve.add(3, 0.5);
  CHECK(report::simplified_on_log_axes(curve).x.size() == 1);
}

TEST_CASE("ranges are never empty") {
  const std::vector<double> none, same{2, 2}, zero{0}, many{1, 3};
  for (const std::vector<double>* values : {&none, &same, &zero, &many}) {
    const report::Range range = report::range_of(*values);
    CHECK(range.low < range.high);
    const report::Range logarithmic = report::range_of(*values, true);
    CHECK(logarithmic.low > 0);
    CHECK(logarithmic.low < logarithmic.high);
  }
  CHECK(report::range_of(many).low < 1);
  CHECK(report::range_of(many).high > 3);
}

TEST_CASE("ticks are round numbers with the digits that tell them apart") {
  CHECK(report::linear_ticks({-0.1, 2.1}, 5).list == "'0' 0, '0.5' 0.5, '1' 1, '1.5' 1.5, '2' 2");
  CHECK(report::linear_ticks({-250, 260}, 3).list == "'−200' -200, '0' 0, '200' 200");
  const report::Ticks small = report::linear_ticks({0, 3e-7}, 3);
  CHECK(small.list == "'0' 0, '1' 1e-07, '2' 2e-07, '3' 3e-07");
  CHECK(small.factor == "× 10⁻⁷");
  CHECK(report::linear_ticks({1000.1, 1000.4}, 3).list ==
        "'1000.1' 1000.1, '1000.2' 1000.2, '1000.3' 1000.3, '1000.4' 1000.4");
  CHECK(report::logarithmic_ticks({1e-4, 200}).list ==
        "'10⁻⁴' 0.0001, '10⁻³' 0.001, '0.01' 0.01, '0.1' 0.1, '1' 1, '10' 10, '100' 100");
  CHECK(report::logarithmic_ticks({0.8, 25}).list == "'1' 1, '3' 3, '10' 10");
  CHECK(report::logarithmic_ticks({0.0004, 0.006}).list ==
        "'5 × 10⁻⁴' 0.0005, '10⁻³' 0.001, '0.002' 0.002, '0.005' 0.005");
  CHECK(report::logarithmic_ticks({0.7, 3.4}).list == "'0.7' 0.7, '1' 1, '2' 2, '3' 3");
  CHECK(report::logarithmic_ticks({21, 34}).list == "'25' 25, '30' 30");
  CHECK(report::sample_ticks(600, 3, 4).list == "'0' 0, '200' 66.6666667, '400' 133.333333");
  CHECK(report::nice_step(1, 3) == 0.5);
  CHECK(report::nice_step(560, 6) == 100);
}

TEST_CASE("a logarithmic axis has three to eight labels, or two where it is short") {
  for (int from = -40; from <= 40; ++from)
    for (int length = 3; length <= 150; ++length) {
      const double low = std::pow(10.0, 0.05 * from), high = low * std::pow(10.0, 0.05 * length);
      CAPTURE(low);
      CAPTURE(high);
      const std::string list = report::logarithmic_ticks({low, high}).list;
      const auto labels = std::count(list.begin(), list.end(), '\'') / 2;
      CHECK(labels >= (length > 14 ? 3 : 2));  // a factor of 5
      CHECK(labels <= 8);
    }
}

TEST_CASE("a string for gnuplot is one literal on one line") {
  CHECK(report::gnuplot_string("it's\n`x`") == "'it''s `x`'");
}

TEST_CASE("only what pictures need passes into the page") {
  const report::Picture picture = report::embeddable(
      R"svg(<?xml version="1.0"?><svg width="10" height="20" onload="x()"><title>t</title>
<script>alert(1)</script><foreignObject><g><p>x</p></g></foreignObject>
<defs><path id='a' d='M0,0
  L1,1'/></defs><g></g>
<g stroke='rgb( 42,  98, 166)' fill='black' style='x' onclick='y()'><use xlink:href='#a' color="#123456"/>
<use xlink:href='https://elsewhere/#a'/><image xlink:href='file:///x' x='1'/><text>a &lt; b ></text></g></svg>)svg",
      "p1-", "Title <1>", "Label \"1\"");
  const test::Markup inlined = test::read_markup(picture.inlined);
  CHECK(inlined.problems.empty());
  CHECK(inlined.elements ==
        std::vector<std::string>{"svg", "defs", "path", "g", "use", "use", "image", "text"});
  CHECK(inlined.ids == std::vector<std::string>{"p1-a"});
  CHECK(inlined.references == std::vector<std::string>{"#p1-a"});
  CHECK(picture.inlined.find("onclick") == std::string::npos);
  CHECK(picture.inlined.find("onload") == std::string::npos);
  CHECK(picture.inlined.find("alert") == std::string::npos);
  CHECK(picture.inlined.find("stroke=\"var(--train)\"") != std::string::npos);
  CHECK(picture.inlined.find("fill=\"var(--ink)\"") != std::string::npos);
  CHECK(picture.inlined.find("color=\"#123456\"") != std::string::npos);
  CHECK(picture.inlined.find("d=\"M0,0 L1,1\"") != std::string::npos);
  CHECK(picture.inlined.find("aria-label=\"Label &quot;1&quot;\"") != std::string::npos);
  CHECK(picture.inlined.find("<text>a &lt; b &gt;</text>") != std::string::npos);
  const test::Markup file = test::read_markup(picture.file);
  CHECK(file.problems.empty());
  CHECK(picture.file.find("Title &lt;1&gt;") != std::string::npos);
  CHECK(picture.file.find("stroke=\"#2a62a6\"") != std::string::npos);
}

TEST_CASE("what is no picture is refused") {
  CHECK_THROWS_AS(report::embeddable("", "p", "t", "l"), Error);
  CHECK_THROWS_AS(report::embeddable("<svg width='1' height='1'><g>", "p", "t", "l"), Error);
  CHECK_THROWS_AS(report::embeddable("hello", "p", "t", "l"), Error);
}
