// Numbers with consistent digits, true minus signs and powers of ten.
#include "typeset.hpp"

#include "common/numbers.hpp"
#include "common/sizes.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace widelimit::report {
namespace {

std::string superscript(int exponent) {
  static constexpr std::array<std::string_view, 10> digits{"⁰", "¹", "²", "³", "⁴",
                                                           "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text = exponent < 0 ? "⁻" : "";
  for (const char c : std::to_string(std::abs(exponent))) text += digits[to_size(c - '0')];
  return text;
}

/// "12345.6" to "12,345.6" and a hyphen to a minus sign; four digits stay together.
std::string typeset(std::string plain) {
  std::string sign;
  if (!plain.empty() && plain[0] == '-') {
    sign = "−";
    plain.erase(0, 1);
  }
  std::size_t end = std::min(plain.find('.'), plain.size());
  if (end > 4) {
    while (end > 3) plain.insert(end -= 3, ",");
  }
  return sign + plain;
}

std::string formatted(double value, int digits, bool padded) {
  if (std::isnan(value)) return "–";
  if (std::isinf(value)) return value < 0 ? "−∞" : "∞";
  if (value == 0) return "0";
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.*e", digits - 1, value);
  const std::string scientific = buffer;
  const std::size_t mark = scientific.find('e');
  const int exponent = std::atoi(scientific.c_str() + mark + 1);
  const auto stripped = [&](std::string text) {
    if (!padded && text.find('.') != std::string::npos) {
      text.erase(text.find_last_not_of('0') + 1);
      if (text.back() == '.') text.pop_back();
    }
    return text;
  };
  if (exponent < -3 || exponent >= std::max(digits, 5)) {
    const std::string mantissa = stripped(scientific.substr(0, mark));
    const std::string power = "10" + superscript(exponent);
    if (mantissa == "1" || mantissa == "-1") return (mantissa[0] == '-' ? "−" : "") + power;
    return typeset(mantissa) + " × " + power;
  }
  std::snprintf(buffer, sizeof buffer, "%.*f", std::max(0, digits - 1 - exponent), value);
  return typeset(stripped(buffer));
}

}  // namespace

std::string number(double value, int digits) { return formatted(value, digits, false); }
std::string measured(double value, int digits) { return formatted(value, digits, true); }

std::string estimated(double value, double error) {
  if (!std::isfinite(value) || !(error > 0) || !std::isfinite(error)) return measured(value);
  const int last = static_cast<int>(std::floor(std::log10(error))) - 1;  // decimal place
  const int size = value == 0 ? last : static_cast<int>(std::floor(std::log10(std::abs(value))));
  const int digits = std::clamp(size - last + 1, 1, 12);
  const int power = std::max(size, last + 1);
  if (power < -3 || power > 5) {  // in one unit, so that they can be compared
    const double unit = std::pow(10.0, power);
    return "(" + estimated(value / unit, error / unit) + ") × " + power_of_ten(power);
  }
  return measured(value, digits) + " ± " + measured(error, 2);
}

std::string share(double value) {
  int decimals = 4;
  while (decimals < 8 && std::abs(value) < 1 &&
         1 - std::abs(value) < 2.5 * std::pow(10.0, -decimals))
    ++decimals;
  if (!std::isfinite(value)) return measured(value);
  char buffer[400];
  std::snprintf(buffer, sizeof buffer, "%.*f", decimals, value);
  return typeset(buffer);
}

std::string power_of_ten(int exponent) {
  if (exponent < -2 || exponent > 3) return "10" + superscript(exponent);
  return number(std::pow(10.0, exponent));
}

std::string count(std::int64_t value) { return typeset(std::to_string(value)); }

std::string count_text(std::int64_t value, std::string_view noun) {
  return count(value) + " " + std::string(apps::noun(value, noun, std::string(noun) + "s"));
}

std::string duration(double seconds) {
  if (!(seconds >= 0)) return "–";
  if (seconds < 1e-3) return number(seconds * 1e6, 2) + " µs";
  if (seconds < 0.9995) return number(seconds * 1e3, 3) + " ms";
  if (seconds < 59.95) return number(seconds, 3) + " s";
  const auto whole = static_cast<std::int64_t>(std::llround(std::min(seconds, 1e15)));
  if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return count(whole / 3600) + " h " + std::to_string(whole / 60 % 60) + " min";
}

std::string bytes(double value) {
  static constexpr std::array<std::string_view, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < units.size()) value /= 1024, ++unit;
  return number(value, 3) + " " + std::string(units[unit]);
}

}  // namespace widelimit::report
