// A script for gnuplot, in the one style of all pictures of a report.
// Thread-safety: one thread per object.
#pragma once

#include "color.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace widelimit::report {

/// A number for gnuplot to read.
std::string plain(double value);
/// A string for gnuplot to show, whatever is in it: in single quotes gnuplot expands neither
/// commands nor macros nor escapes, and the pictures' text is never "enhanced".
std::string literal(std::string_view text);
/// ` linecolor rgb '#AARRGGBB'`: one of the report's colours with an opacity.
std::string line_color(const Color& color, double opacity = 1);

struct Range {
  double low = 0, high = 1;
};
/// Of the finite values among them (and of the positive ones alone, for a logarithmic axis), with a
/// margin so that no point lies on the frame; [0, 1] where there are none.
Range range_of(std::span<const double> values, bool logarithmic = false, double margin = 0.04);

/// A step between ticks, 1, 2 or 5 times a power of ten, so that there are about `most` at most.
double nice_step(double extent, int most);

class Script {
 public:
  /// The size of the area inside the axes, in pixels, and what is left beside it for tick labels.
  Script(int across, int down, int left = 62, int right = 18);

  void line(std::string_view command);
  void x_axis(std::string_view label, Range range, bool logarithmic = false);
  void y_axis(std::string_view label, Range range, bool logarithmic = false);
  /// Numbers by columns of equal length; rows with anything that is not finite are left out.
  /// Gives the name to plot.
  std::string data(const std::vector<std::vector<double>>& columns);
  /// One element of the plot command: DATA `using ... with ...`.
  void plot(const std::string& element);

  enum class Mark { line, dashed, thin, dot, triangle, bar, band };
  /// An entry of the legend above the axes. gnuplot's own `key` does not know how wide text is, nor
  /// how much room there is.
  void legend(Mark mark, const Color& color, double opacity, std::string_view text);

  /// The whole text.
  [[nodiscard]] std::string text() const;

 private:
  struct Entry {
    Mark mark;
    Color color;
    double opacity;
    std::string text;
    int x = 0, row = 0;
  };
  void axis(char which, std::string_view label, Range range, bool logarithmic);
  [[nodiscard]] std::string head(const std::vector<Entry>& entries) const;
  [[nodiscard]] std::vector<Entry> placed() const;

  int across_, down_, left_, right_;
  int blocks_ = 0;
  std::vector<Entry> legend_;
  std::string body_, plots_;
};

}  // namespace widelimit::report
