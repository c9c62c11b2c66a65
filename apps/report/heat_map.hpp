// Tables of numbers as colours, with a colour bar.
// Thread safety: pure functions.
#pragma once

#include "ticks.hpp"

#include <string>
#include <vector>

namespace widelimit::report {

struct HeatMap {
  std::vector<std::vector<double>> values;  ///< by rows, the first on top
  std::string x_label, y_label;
  int across = 290, down = 290;  ///< pixels
  Ticks x_ticks, y_ticks;        ///< row and column 0 are at 0
  bool has_numbers = false;      ///< write each value but 0 into its cell
};

/// `values` must not be empty.
std::string heat_map_script(const HeatMap& map);

}  // namespace widelimit::report
