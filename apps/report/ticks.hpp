// Ranges of axes and the ticks on them.
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace widelimit::report {

/// A number for gnuplot to read.
std::string gnuplot_number(double value);
/// A string for gnuplot to show, whatever is in it: in single quotes gnuplot expands neither
/// commands nor macros nor escapes, and the pictures' text is never "enhanced".
std::string gnuplot_string(std::string_view text);

struct Range {
  double low = 0, high = 1;
};
/// Of the finite values among them (and of the positive ones alone, for a logarithmic axis), with a
/// margin so that no point lies on the frame; [0, 1] where there are none.
Range range_of(std::span<const double> values, bool logarithmic = false, double margin = 0.04);

/// A step between ticks, 1, 2 or 5 times a power of ten, so that at most `most` fit in.
double nice_step(double extent, int most);

struct Ticks {
  std::string list;         ///< for gnuplot: 'label' position, ...
  std::string factor;       ///< "× 10⁻⁵" where the labels are in units of that; else empty
  std::size_t longest = 0;  ///< label, in characters
};
Ticks linear_ticks(Range range, int most);
/// At powers of ten, eight at most; where fewer than three are in the range, at round multiples of
/// them, so that the axis can be read.
Ticks logarithmic_ticks(Range range);
/// At numbers of samples, from 0, on an axis where one unit is `stride` samples.
Ticks sample_ticks(std::int64_t samples, std::int64_t stride, int most);

}  // namespace widelimit::report
