// The style of the pictures: quiet axes, no boxes, few ticks, a legend above.
#include "script.hpp"

#include "common/escape.hpp"
#include "typeset.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace widelimit::report {
namespace {

constexpr int bottom = 54;      // tick labels and the axis' name
constexpr int row_height = 19;  // of the legend
constexpr int mark_width = 22;
constexpr int gap = 14;            // between two entries
constexpr int y_label_width = 30;  // with the ticks and what is between

std::string in_color(const Color& color) { return "'" + std::string(color.light) + "'"; }

/// About how wide so many characters are, in pixels, in the pictures' font.
int width_of(std::size_t count) {
  return static_cast<int>(std::lround(6.5 * static_cast<double>(count)));
}

/// Room for ticks at the very ends of a logarithmic axis, which gnuplot may take to lie outside.
Range widened(Range range) { return {range.low * (1 - 1e-7), range.high * (1 + 1e-7)}; }

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
      return "set arrow from " + at(x + mark_width / 2, y - 7) + " to " +
             at(x + mark_width / 2, y + 7) + " nohead linewidth 1.2" + paint + "\n";
    case band:
      return "set object rectangle from " + at(x, y - 5) + " to " + at(x + mark_width, y + 5) +
             " fillcolor rgb " + fill + " fillstyle transparent solid " + gnuplot_number(opacity) +
             " noborder\n";
  }
  return {};
}

}  // namespace

std::string line_color(const Color& color, double opacity) {
  char text[12];
  const int transparency = static_cast<int>(std::lround(255 * (1 - opacity))) & 255;
  std::snprintf(text, sizeof text, "#%02x", static_cast<unsigned>(transparency));
  return " linecolor rgb '" + (text + std::string(color.light.substr(1))) + "'";
}

Script::Script(int across, int down, int left, int right, int top)
    : across_(across), down_(down), left_(left), right_(right), top_(top) {}

void Script::line(std::string_view command) {
  body_ += command;
  body_ += '\n';
}

void Script::axis(char which, std::string_view label, Range range, const Ticks& ticks) {
  const std::string name(1, which);
  std::string text = apps::shortened(label, 40);
  if (!ticks.factor.empty()) text += " (" + ticks.factor + ")";
  if (which == 'x') {
    line("set xlabel " + gnuplot_string(text) + " textcolor " + in_color(muted) + " offset 0,0.35");
  } else {
    // gnuplot's own ylabel is left out where long labels of ticks push it over the edge.
    y_label_ = text;
    left_ = std::max(left_, y_label_width + width_of(ticks.longest));
  }
  line("set " + name + "range [" + gnuplot_number(range.low) + ":" + gnuplot_number(range.high) +
       "]");
  line("set " + name + "tics (" + ticks.list + ")");
}

void Script::x_axis(std::string_view label, Range range, const Ticks& ticks) {
  axis('x', label, range, ticks);
}
void Script::y_axis(std::string_view label, Range range, const Ticks& ticks) {
  axis('y', label, range, ticks);
}
void Script::x_axis(std::string_view label, Range range, bool logarithmic) {
  if (logarithmic) line("set logscale x");
  x_axis(label, logarithmic ? widened(range) : range,
         logarithmic ? logarithmic_ticks(range) : linear_ticks(range, across_ / 44));
}
void Script::y_axis(std::string_view label, Range range, bool logarithmic) {
  if (logarithmic) line("set logscale y");
  y_axis(label, logarithmic ? widened(range) : range,
         logarithmic ? logarithmic_ticks(range) : linear_ticks(range, down_ / 30));
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
    for (const auto& column : columns) body_ += gnuplot_number(column[i]) + " ";
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

std::string Script::bars(const std::vector<double>& x, const std::vector<double>& low,
                         const std::vector<double>& high) {
  const std::string name = "$d" + std::to_string(++blocks_);
  body_ += name + " << END\nNaN NaN\n";
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!std::isfinite(x[i]) || !std::isfinite(low[i]) || !std::isfinite(high[i])) continue;
    const std::string at = gnuplot_number(x[i]) + " ";
    body_ += "\n" + at + gnuplot_number(low[i]) + "\n" + at + gnuplot_number(high[i]) + "\n";
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

std::vector<Script::Entry> Script::arranged_legend() const {
  std::vector<Entry> entries = legend_;
  const auto width = [](const Entry& entry) {
    return mark_width + 7 + width_of(apps::character_count(entry.text)) + gap;
  };
  int together = 0, widest = 0;
  for (const Entry& entry : entries) {
    together += width(entry);
    widest = std::max(widest, width(entry));
  }
  // In a line where that fits; a few flow into the next one, many stand in columns.
  const int columns = entries.size() > 3 ? std::max(1, across_ / widest) : 0;
  const bool is_one_line = together - gap <= across_ + right_;
  int x = 0, row = 0;
  for (int i = 0; Entry & entry : entries) {
    if (columns > 0 && !is_one_line) {
      x = widest * (i % columns);
      row = i / columns;
    } else if (x > 0 && x + width(entry) - gap > across_ + right_) {
      x = 0;
      ++row;
    }
    entry.x = left_ + x;
    entry.row = row;
    x += width(entry);
    ++i;
  }
  return entries;
}

std::string Script::head(const std::vector<Entry>& entries) const {
  const int top = top_ + (entries.empty() ? 0 : row_height * (entries.back().row + 1) + 2);
  const int width = left_ + across_ + right_, height = top + down_ + bottom;
  const auto share = [](int pixels, int of) {
    return gnuplot_number(static_cast<double>(pixels) / of);
  };
  const auto at = [&](int x, int from_top) {
    return "screen " + share(x, width) + ", screen " + share(height - from_top, height);
  };
  std::string text =
      "set encoding utf8\nset terminal svg noenhanced size " + std::to_string(width) + "," +
      std::to_string(height) + " font 'sans-serif,12'\nset minussign\nunset key\n" +
      "set border 3 linecolor " + in_color(axis_line) + "\n" +
      "set tics nomirror out scale 0.6 textcolor " + in_color(muted) + "\n" +
      "set grid linetype 1 linewidth 1 linecolor " + in_color(grid) + "\n" +
      "set lmargin at screen " + share(left_, width) + "\nset rmargin at screen " +
      share(left_ + across_, width) + "\nset bmargin at screen " + share(bottom, height) +
      "\nset tmargin at screen " + share(bottom + down_, height) + "\n";
  if (!y_label_.empty())
    text += "set label " + gnuplot_string(y_label_) + " at screen " + share(10, width) +
            ", graph 0.5 center rotate by 90 textcolor " + in_color(muted) + "\n";
  for (const Entry& entry : entries) {
    const int y = 12 + row_height * entry.row;
    text += mark_commands(entry.mark, line_color(entry.color, entry.opacity), in_color(entry.color),
                          entry.opacity, entry.x, y, at);
    text += "set label " + gnuplot_string(entry.text) + " at " + at(entry.x + mark_width + 7, y) +
            " left textcolor " + in_color(muted) + "\n";
  }
  return text;
}

std::string Script::text() const { return head(arranged_legend()) + body_ + plots_ + "\n"; }

}  // namespace widelimit::report
