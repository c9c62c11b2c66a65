// Numbers by std::to_chars, whose shortest form does not depend on the locale.
#include "text/numbers.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

namespace widelimit::detail {

namespace {

template <class... Format>
std::string digits_of(double value, Format... format) {
  std::array<char, 32> digits{};
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), value, format...).ptr;
  return {digits.data(), end};
}

void append_size(std::string& text, std::int64_t size) {
  if (!text.empty()) text += " x ";
  text += std::to_string(size);
}

}  // namespace

std::string real_text(double value) {
  std::string text = digits_of(value);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

std::string number_text(double value) {
  const bool whole = std::abs(value) < 1e15 && std::trunc(value) == value;
  return whole ? std::to_string(static_cast<std::int64_t>(value)) : digits_of(value);
}

std::string rounded_text(double value) { return digits_of(value, std::chars_format::general, 3); }

std::string shape_text(std::span<const std::int64_t> sizes) {
  std::string text;
  for (const std::int64_t size : sizes) append_size(text, size);
  return text;
}

std::string shape_text(std::span<const std::int64_t> sites, std::int64_t channels) {
  std::string text = shape_text(sites);
  append_size(text, channels);
  return text;
}

std::string shape_text(std::int64_t rows, std::int64_t cols) {
  return std::to_string(rows) + " x " + std::to_string(cols);
}

}  // namespace widelimit::detail
