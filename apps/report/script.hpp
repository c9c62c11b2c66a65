// A script for gnuplot, in the one style of all pictures of a report.
// Thread safety: one thread per object.
#pragma once

#include "color.hpp"
#include "ticks.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace widelimit::report {

/// ` linecolor rgb '#AARRGGBB'`: one of the report's colours with an opacity.
std::string line_color(const Color& color, double opacity = 1);

class Script {
 public:
  /// The size of the area inside the axes, in pixels, and what is left around it.
  Script(int across, int down, int left = 62, int right = 18, int top = 12);

  void line(std::string_view command);
  void x_axis(std::string_view label, Range range, bool logarithmic = false);
  void x_axis(std::string_view label, Range range, const Ticks& ticks);
  void y_axis(std::string_view label, Range range, bool logarithmic = false);
  void y_axis(std::string_view label, Range range, const Ticks& ticks);
  /// Numbers by columns of equal length; rows with anything that is not finite are left out.
  /// Gives the name to plot.
  std::string data(const std::vector<std::vector<double>>& columns);
  /// Vertical bars, one a column, to plot `using 1:2 with lines`: a single path however many they
  /// are, where gnuplot's error bars are three elements each.
  std::string bars(const std::vector<double>& x, const std::vector<double>& low,
                   const std::vector<double>& high);
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
  void axis(char which, std::string_view label, Range range, const Ticks& ticks);
  [[nodiscard]] std::string head(const std::vector<Entry>& entries) const;
  [[nodiscard]] std::vector<Entry> arranged_legend() const;

  int across_, down_, left_, right_, top_;
  int blocks_ = 0;
  std::vector<Entry> legend_;
  std::string y_label_, body_, plots_;
};

}  // namespace widelimit::report
