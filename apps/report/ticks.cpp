// Ranges of axes and the ticks on them.
#include "ticks.hpp"

#include "common/escape.hpp"
#include "typeset.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <vector>

namespace widelimit::report {
namespace {

void add_tick(Ticks& ticks, const std::string& label, double position) {
  ticks.list +=
      (ticks.list.empty() ? "" : ", ") + gnuplot_string(label) + " " + gnuplot_number(position);
  ticks.longest = std::max(ticks.longest, apps::character_count(label));
}

int exponent_of(double value) {
  return value > 0 ? static_cast<int>(std::floor(std::log10(value) + 1e-9)) : 0;
}

}  // namespace

std::string gnuplot_number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

std::string gnuplot_string(std::string_view text) {
  std::string result = "'";
  for (const char c : apps::one_line(text)) result += c == '\'' ? "''" : std::string(1, c);
  return result + "'";
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
  const double spread = range.high - range.low;
  const double size = std::max(std::abs(range.low), std::abs(range.high));
  if (spread <= 1e-9 * size) {
    const double room = size > 0 ? size / 10 : 1;
    return {range.low - room, range.high + room};
  }
  return {range.low - margin * spread, range.high + margin * spread};
}

double nice_step(double extent, int most) {
  const double rough = std::max(extent, 1e-300) / std::max(most, 1);
  const double decade = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * decade >= rough * (1 - 1e-9)) return factor * decade;
  }
  return 10 * decade;
}

Ticks linear_ticks(Range range, int most) {
  Ticks ticks;
  const double step = nice_step(range.high - range.low, most);
  const int size = exponent_of(std::max(std::abs(range.low), std::abs(range.high)));
  const int shift = size < -3 || size > 4 ? size : 0;
  if (shift != 0) ticks.factor = "× " + power_of_ten(shift);
  // As many digits as tell neighbours apart.
  const int digits = std::clamp(size - exponent_of(step) + 1, 1, 12);
  const double last = std::floor(range.high / step + 1e-9);
  for (double k = std::ceil(range.low / step - 1e-9); k <= last; ++k)
    add_tick(ticks, number(k * step / std::pow(10.0, shift), digits),
             k * step + 0.0);  // no -0
  return ticks;
}

Ticks logarithmic_ticks(Range range) {
  const int first = static_cast<int>(std::ceil(std::log10(range.low) - 1e-9));
  const int last = exponent_of(range.high);
  const int step = std::max(1, (last - first + 6) / 7);
  const std::vector<std::vector<double>> multiples{{1}, {1, 3}, {1, 2, 5}, {1, 2, 3, 5, 7}};
  for (const std::vector<double>& some : multiples) {
    Ticks ticks;
    int found = 0;
    for (int exponent = first - (some.size() > 1 ? 1 : 0); exponent <= last; exponent += step)
      for (const double multiple : some) {
        const double position = multiple * std::pow(10.0, exponent);
        if (position < range.low * (1 - 1e-9) || position > range.high * (1 + 1e-9)) continue;
        add_tick(ticks, multiple == 1 ? power_of_ten(exponent) : number(position, 1), position);
        ++found;
      }
    if (found > 2) return ticks;
  }
  return linear_ticks(range, 5);
}

Ticks sample_ticks(std::int64_t samples, std::int64_t stride, int most) {
  Ticks ticks;
  const double step = std::max(1.0, nice_step(static_cast<double>(samples), most));
  for (double sample = 0; sample < static_cast<double>(samples); sample += step) {
    add_tick(ticks, count(static_cast<std::int64_t>(sample)), sample / static_cast<double>(stride));
  }
  return ticks;
}

}  // namespace widelimit::report
