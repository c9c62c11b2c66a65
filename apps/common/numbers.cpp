// Numbers as text, and sizes back.
#include "numbers.hpp"

#include <widelimit/error.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace widelimit::apps {
namespace {

std::string formatted(const char* format, double value) {
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), format, value);
  return buffer.data();
}

}  // namespace

std::string number_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), end};
}

std::string rounded_text(double value) { return formatted("%.4g", value); }

std::int64_t parse_bytes(std::string_view text) {
  const auto refuse = [&] {
    throw Error(ErrorCode::usage, "\"" + std::string(text) +
                                      "\" is not a size; expected a number with an optional unit, "
                                      "such as 500M, 8GiB or 2.5GB");
  };
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  std::string unit;
  for (const char* c = end; c != text.data() + text.size(); ++c)
    if (*c != ' ') unit += static_cast<char>(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
  const std::size_t power = unit.empty() ? 0 : std::string_view("BKMGT").find(unit[0]);
  if (error != std::errc() || !(value > 0) || power == std::string_view::npos) refuse();
  const std::string_view rest = std::string_view(unit).substr(unit.empty() ? 0 : 1);
  if (rest != "" && (power == 0 || (rest != "B" && rest != "IB"))) refuse();
  const double bytes = value * std::pow(rest == "B" ? 1000.0 : 1024.0, static_cast<double>(power));
  if (!(bytes >= 1 && bytes < 9e18)) refuse();
  return static_cast<std::int64_t>(bytes);
}

std::string bytes_text(double bytes) {
  constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  while (bytes >= 999.5 && unit + 1 < units.size()) {
    bytes /= 1024;
    ++unit;
  }
  return formatted(unit > 0 && bytes < 9.95 ? "%.1f " : "%.0f ", bytes) + units[unit];
}

std::string seconds_text(double seconds) {
  if (seconds < 0.0995) return formatted("%.0f ms", seconds * 1000);
  if (seconds < 9.95) return formatted(seconds < 0.995 ? "%.2f s" : "%.1f s", seconds);
  if (seconds < 119.5) return formatted("%.0f s", seconds);
  const double minutes = std::floor(seconds / 60);
  if (minutes < 120)
    return formatted("%.0f min ", minutes) +
           formatted("%02.0f s", std::floor(seconds - 60 * minutes));
  const double hours = std::floor(minutes / 60), days = hours / 24, years = days / 365.25;
  if (years >= 1e6) return formatted("%.1e years", years);
  if (years >= 2)
    return years < 9.95 ? formatted("%.1f years", years)
                        : count_text(std::llround(years)) + " years";
  if (days >= 2) return formatted(days < 9.95 ? "%.1f days" : "%.0f days", days);
  return formatted("%.0f h ", hours) + formatted("%02.0f min", minutes - 60 * hours);
}

std::string count_text(std::int64_t count) {
  std::string digits = std::to_string(count);
  const std::size_t first = digits[0] == '-' ? 1 : 0;
  for (std::size_t i = digits.size(); i > first + 3;) digits.insert(i -= 3, 1, ',');
  return digits;
}

std::string shape_text(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return text + "]";
}

std::string_view noun(std::int64_t count, std::string_view one, std::string_view many) {
  return count == 1 ? one : many;
}

std::string count_text(std::int64_t count, std::string_view one, std::string_view many) {
  return count_text(count).append(" ").append(noun(count, one, many));
}

std::string extents_text(std::span<const std::int64_t> extents) {
  std::string text;
  for (const std::int64_t extent : extents)
    text += (text.empty() ? "" : " x ") + count_text(extent);
  return text;
}

std::string join(const std::vector<std::string>& parts, std::string_view between) {
  std::string text;
  for (const std::string& part : parts) {
    if (&part != parts.data()) text += between;
    text += part;
  }
  return text;
}

}  // namespace widelimit::apps
