// Tables of numbers as colours, with a colour bar.
#include "heat_map.hpp"

#include "color.hpp"
#include "script.hpp"
#include "typeset.hpp"

#include <algorithm>
#include <cstddef>

namespace widelimit::report {
namespace {

std::string palette() {
  std::string text = "set palette maxcolors 256 defined (";
  const std::vector<std::string> steps = sequential_palette(16);
  for (std::size_t i = 0; i < steps.size(); ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(i) + " '" + steps[i] + "'";
  return text + ")";
}

/// Each value but 0 in its cell, dark on light and light on dark. These two colours are none of the
/// page's own: the cells do not change with the surroundings.
void add_numbers(Script& script, const HeatMap& map, Range range) {
  const double middle = range.low + 0.55 * (range.high - range.low);
  for (std::size_t i = 0; i < map.values.size(); ++i) {
    for (std::size_t j = 0; j < map.values[i].size(); ++j) {
      const double value = map.values[i][j];
      if (value == 0) continue;

      script.line("set label " + gnuplot_string(number(value, 4)) + " at " + std::to_string(j) +
                  "," + std::to_string(i) + " center front font 'sans-serif,10' textcolor '" +
                  (value > middle ? "#101316" : "#f6f7f8") + "'");
    }
  }
}

}  // namespace

std::string heat_map_script(const HeatMap& map) {
  std::vector<double> all;
  for (const auto& row : map.values) all.insert(all.end(), row.begin(), row.end());
  const Range range = range_of(all, false, 0);
  constexpr int right = 78;  // the colour bar and its labels
  const Ticks ticks = linear_ticks(range, std::max(4, map.down / 40));
  Script script(map.across, map.down, 62, right, ticks.factor.empty() ? 12 : 28);
  script.line(palette());
  script.line("unset grid");
  script.line("set border 0");
  const auto rows = static_cast<double>(map.values.size());
  const auto columns = static_cast<double>(map.values.front().size());
  script.x_axis(map.x_label, {-0.5, columns - 0.5}, map.x_ticks);
  script.y_axis(map.y_label, {rows - 0.5, -0.5}, map.y_ticks);
  script.line("set cbrange [" + gnuplot_number(range.low) + ":" + gnuplot_number(range.high) + "]");
  script.line("set colorbox user noborder origin graph 1.04,0 size graph 0.035,1");
  script.line("set cbtics (" + ticks.list + ")");
  if (!ticks.factor.empty()) {
    script.line("set label " + gnuplot_string(ticks.factor) +
                " at graph 1.04,1 offset 0,0.9 left " + "textcolor '" + std::string(muted.light) +
                "'");
  }
  if (map.has_numbers) add_numbers(script, map, range);
  std::vector<std::vector<double>> by_columns(map.values.front().size());
  for (const auto& row : map.values) {
    for (std::size_t j = 0; j < row.size(); ++j) by_columns[j].push_back(row[j]);
  }
  script.plot(script.data(by_columns) + " matrix with image");
  return script.text();
}

}  // namespace widelimit::report
