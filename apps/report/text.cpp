// Escaping, and numbers with consistent digits, true minus signs and powers of ten.
#include "text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace widelimit::report {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// Length of the well-formed UTF-8 sequence at `at` (RFC 3629), 0 where there is none.
std::size_t sequence(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : static_cast<unsigned char>(0);
  };
  const unsigned char first = byte(at);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0u) != 0x80u) return 0;
  }
  const unsigned char second = byte(at + 1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second >= 0xA0;
  const bool beyond = first == 0xF4 && second >= 0x90;
  return overlong || surrogate || beyond ? 0 : length;
}

template <class Emit>
void for_each_character(std::string_view text, Emit emit) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence(text, at);
    emit(length == 0 ? replacement : text.substr(at, length));
    at += std::max<std::size_t>(length, 1);
  }
}

bool is_control(std::string_view c) {
  const auto first = static_cast<unsigned char>(c[0]);
  const bool c1 = first == 0xC2 && static_cast<unsigned char>(c[1]) < 0xA0;
  return first < 0x20 || first == 0x7F || c1;
}

std::string superscript(int exponent) {
  static constexpr std::array<std::string_view, 10> digits{"⁰", "¹", "²", "³", "⁴",
                                                           "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text = exponent < 0 ? "⁻" : "";
  for (const char c : std::to_string(std::abs(exponent)))
    text += digits[static_cast<std::size_t>(c - '0')];
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

std::string clean(std::string_view text) {
  std::string result;
  for_each_character(text, [&](std::string_view c) { result += is_control(c) ? " " : c; });
  return result;
}

std::string escaped(std::string_view text) {
  std::string result;
  for_each_character(text, [&](std::string_view c) {
    if (c == "&") {
      result += "&amp;";
    } else if (c == "<") {
      result += "&lt;";
    } else if (c == ">") {
      result += "&gt;";
    } else if (c == "\"") {
      result += "&quot;";
    } else if (c == "'") {
      result += "&#39;";
    } else {
      result += c != "\n" && is_control(c) ? " " : c;
    }
  });
  return result;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u;
  }));
}

std::string shortened(std::string_view text, std::size_t length) {
  std::string result;
  std::size_t characters = 0, last = 0;
  bool cut = false;
  for_each_character(text, [&](std::string_view c) {
    if (characters == length) {
      cut = true;
      return;
    }
    last = result.size();
    result += c;
    ++characters;
  });
  if (cut) result.replace(last, std::string::npos, "…");
  return result;
}

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

std::string counted(std::int64_t value, std::string_view noun) {
  return count(value) + " " + std::string(noun) + (value == 1 ? "" : "s");
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
