// The style of the pictures: quiet axes, no boxes, few ticks, a legend above.
#include "script.hpp"

#include "text.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

namespace widelimit::report {
namespace {

constexpr int bottom = 54;      // tick labels and the axis' name
constexpr int row_height = 19;  // of the legend
constexpr int mark_width = 22;

std::string in_color(const Color& color) { return "'" + std::string(color.light) + "'"; }

/// Ticks at powers of ten, seven at most.
std::string decades(Range range) {
  const int first = static_cast<int>(std::ceil(std::log10(range.low) - 1e-9));
  const int last = static_cast<int>(std::floor(std::log10(range.high) + 1e-9));
  const int step = std::max(1, (last - first + 6) / 7);
  std::string ticks;
  for (int exponent = first; exponent <= last; exponent += step) {
    ticks += ticks.empty() ? "" : ", ";
    ticks += literal(power_of_ten(exponent)) + " 1e" + std::to_string(exponent);
  }
  return ticks;
}

/// About how wide a text is, in pixels, in the pictures' font.
int width_of(std::string_view text) {
  const auto characters = std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u;
  });
  return static_cast<int>(std::lround(6.4 * static_cast<double>(characters)));
}

/// gnuplot's commands for the mark of one entry; `at` turns pixels into a position.
template <class At>
std::string mark_commands(Script::Mark mark, const std::string& paint, const std::string& fill,
                          double opacity, int x, int y, At at) {
  using enum Script::Mark;
  const auto stroke = [&](const char* style) {
    return "set arrow from " + at(x, y) + " to " + at(x + mark_width, y) + " nohead" + paint +
           style + "\n";
  };
  const auto point = [&](const char* style) {
    return "set label '' at " + at(x + mark_width / 2, y) + " point" + style + paint + "\n";
  };
  switch (mark) {
    case line:
      return stroke(" linewidth 2.6");
    case dashed:
      return stroke(" linewidth 1.6 dashtype (8,5)");
    case thin:
      return stroke(" linewidth 0.9");
    case dot:
      return point(" pointtype 7 pointsize 0.5");
    case triangle:
      return point(" pointtype 9 pointsize 0.75");
    case bar:
      return "set arrow from " + at(x + mark_width / 2, y - 6) + " to " +
             at(x + mark_width / 2, y + 6) + " heads size screen 0.007,90" + paint + "\n";
    case band:
      return "set object rectangle from " + at(x, y - 5) + " to " + at(x + mark_width, y + 5) +
             " fillcolor rgb " + fill + " fillstyle transparent solid " + plain(opacity) +
             " noborder\n";
  }
  return {};
}

}  // namespace

std::string plain(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

std::string literal(std::string_view text) {
  std::string result = "'";
  for (const char c : clean(text)) result += c == '\'' ? "''" : std::string(1, c);
  return result + "'";
}

std::string line_color(const Color& color, double opacity) {
  char text[12];
  const int transparency = static_cast<int>(std::lround(255 * (1 - opacity))) & 255;
  std::snprintf(text, sizeof text, "#%02x", static_cast<unsigned>(transparency));
  return " linecolor rgb '" + (text + std::string(color.light.substr(1))) + "'";
}

double nice_step(double extent, int most) {
  const double rough = std::max(extent, 1e-300) / std::max(most, 1);
  const double decade = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * decade >= rough * (1 - 1e-9)) return factor * decade;
  }
  return 10 * decade;
}

Range range_of(std::span<const double> values, bool logarithmic, double margin) {
  Range range{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
  for (const double value : values) {
    if (!std::isfinite(value) || (logarithmic && value <= 0)) continue;
    range.low = std::min(range.low, value);
    range.high = std::max(range.high, value);
  }
  if (range.low > range.high) return logarithmic ? Range{0.1, 10} : Range{};
  if (logarithmic) {
    if (range.high < 2 * range.low) return {range.low / 2, range.high * 2};
    const double factor = std::pow(range.high / range.low, margin);
    return {range.low / factor, range.high * factor};
  }
  double spread = range.high - range.low;
  const double size = std::max(std::abs(range.low), std::abs(range.high));
  if (spread <= 1e-12 * size || spread == 0) {
    const double room = size > 0 ? size / 10 : 1;
    return {range.low - room, range.high + room};
  }
  return {range.low - margin * spread, range.high + margin * spread};
}

Script::Script(int across, int down, int left, int right)
    : across_(across), down_(down), left_(left), right_(right) {}

void Script::line(std::string_view command) {
  body_ += command;
  body_ += '\n';
}

void Script::axis(char which, std::string_view label, Range range, bool logarithmic) {
  const std::string name(1, which);
  line("set " + name + "label " + literal(shortened(label, 44)) + " textcolor " + in_color(muted) +
       (which == 'x' ? " offset 0,0.35" : " offset 0.8,0"));
  line("set " + name + "range [" + plain(range.low) + ":" + plain(range.high) + "]");
  if (logarithmic) {
    line("set logscale " + name);
    line("set " + name + "tics (" + decades(range) + ")");
  }
}

void Script::x_axis(std::string_view label, Range range, bool logarithmic) {
  axis('x', label, range, logarithmic);
}
void Script::y_axis(std::string_view label, Range range, bool logarithmic) {
  axis('y', label, range, logarithmic);
}

std::string Script::data(const std::vector<std::vector<double>>& columns) {
  const std::string name = "$d" + std::to_string(++blocks_);
  body_ += name + " << END\n";
  const std::size_t rows = columns.empty() ? 0 : columns.front().size();
  bool has_any = false;
  for (std::size_t i = 0; i < rows; ++i) {
    if (!std::all_of(columns.begin(), columns.end(),
                     [&](const auto& column) { return std::isfinite(column[i]); }))
      continue;
    for (const auto& column : columns) body_ += plain(column[i]) + " ";
    body_ += '\n';
    has_any = true;
  }
  // gnuplot refuses a plot of nothing: a point that no axis shows.
  if (!has_any) {
    for (std::size_t i = 0; i < columns.size(); ++i) body_ += "NaN ";
    body_ += '\n';
  }
  body_ += "END\n";
  return name;
}

void Script::plot(const std::string& element) {
  plots_ += (plots_.empty() ? "plot " : ", \\\n  ") + element + " notitle";
}

void Script::legend(Mark mark, const Color& color, double opacity, std::string_view text) {
  legend_.push_back({mark, color, opacity, std::string(text)});
}

std::vector<Script::Entry> Script::placed() const {
  std::vector<Entry> entries = legend_;
  const auto width = [](const Entry& entry) { return mark_width + 7 + width_of(entry.text) + 12; };
  int together = 0, widest = 0;
  for (const Entry& entry : entries) {
    together += width(entry);
    widest = std::max(widest, width(entry));
  }
  // In one line where that fits, else in columns.
  const int columns = std::max(1, across_ / std::max(widest, 1));
  int x = 0;
  for (int i = 0; Entry & entry : entries) {
    const bool is_one_line = together - 12 <= across_ + right_;
    entry.x = left_ + (is_one_line ? x : widest * (i % columns));
    entry.row = is_one_line ? 0 : i / columns;
    x += width(entry);
    ++i;
  }
  return entries;
}

std::string Script::head(const std::vector<Entry>& entries) const {
  const int top = 12 + (entries.empty() ? 0 : row_height * (entries.back().row + 1) + 2);
  const int width = left_ + across_ + right_, height = top + down_ + bottom;
  const auto share = [](int pixels, int of) { return plain(static_cast<double>(pixels) / of); };
  const auto at = [&](int x, int from_top) {
    return "screen " + share(x, width) + ", screen " + share(height - from_top, height);
  };
  std::string text =
      "set encoding utf8\nset terminal svg noenhanced size " + std::to_string(width) + "," +
      std::to_string(height) + " font 'sans-serif,12'\nset minussign\nunset key\n" +
      "set border 3 linecolor " + in_color(axis_line) + "\n" +
      "set tics nomirror out scale 0.6 textcolor " + in_color(muted) + "\nset format '%.6g'\n" +
      "set grid linetype 1 linewidth 1 linecolor " + in_color(grid) + "\n" +
      "set lmargin at screen " + share(left_, width) + "\nset rmargin at screen " +
      share(left_ + across_, width) + "\nset bmargin at screen " + share(bottom, height) +
      "\nset tmargin at screen " + share(bottom + down_, height) + "\n";
  for (const Entry& entry : entries) {
    const int y = 12 + row_height * entry.row;
    text += mark_commands(entry.mark, line_color(entry.color, entry.opacity), in_color(entry.color),
                          entry.opacity, entry.x, y, at);
    text += "set label " + literal(entry.text) + " at " + at(entry.x + mark_width + 7, y) +
            " left textcolor " + in_color(muted) + "\n";
  }
  return text;
}

std::string Script::text() const { return head(placed()) + body_ + plots_ + "\n"; }

}  // namespace widelimit::report
