// Reading numbers: the digits by the standard library, the decimal mark and the limits of float64
// here.
#include "files/csv_number.hpp"

#include "text/quoting.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <system_error>

namespace widelimit::detail {

namespace {

struct Number {
  double value;
  std::errc error;
};

// Of digits that from_chars found to be out of range: is the number too small, not too large? Its
// magnitude is the place of the first digit that is not 0, moved by the exponent.
bool underflows(std::string_view text) {
  std::int64_t place = 0, exponent = 0;
  bool significant = false, after_point = false;
  std::size_t i = text.starts_with('-') ? 1 : 0;
  for (; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
    if (text[i] == '.') {
      after_point = true;
      continue;
    }
    if (!significant && text[i] != '0') significant = true;
    if (significant ? !after_point : after_point) place += significant ? 1 : -1;
  }
  if (i < text.size()) {
    ++i;
    const bool negative = text.substr(i).starts_with('-');
    constexpr std::int64_t most = 1'000'000'000'000;  // larger ones change nothing
    for (const char c : text.substr(i))
      if (c >= '0' && c <= '9') exponent = std::min(most, exponent * 10 + (c - '0'));
    if (negative) exponent = -exponent;
  }
  return place + exponent < 0;
}

Number number_of(std::string_view text, char decimal) {
  text = trimmed(text);
  std::string with_point;
  if (decimal != '.' && text.find_first_of(std::string{decimal, '.'}) != std::string_view::npos) {
    if (text.find('.') != std::string_view::npos) return {0, std::errc::invalid_argument};
    with_point = text;
    std::replace(with_point.begin(), with_point.end(), decimal, '.');
    text = with_point;
  }
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::invalid_argument || end != text.data() + text.size())
    return {0, std::errc::invalid_argument};
  if (error == std::errc::result_out_of_range && underflows(text)) return {0, {}};
  return {value, error};
}

// Advice for a field that is not a number, in a file of numbers alone.
std::string default_remedy(std::string_view text) {
  if (const std::string_view other = other_separator(text); !other.empty())
    return "; fields are separated by commas, these by " + std::string(other) +
           ": save the table with commas";
  if (text.find(',') != std::string_view::npos)
    return "; decimals are written with a point, and thousands without a mark";
  return "; a table holds numbers alone: write words as numbers, or leave out their column";
}

}  // namespace

std::string_view other_separator(std::string_view text) {
  return text.find(';') != std::string_view::npos    ? "semicolons"
         : text.find('\t') != std::string_view::npos ? "tabs"
                                                     : "";
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<double> csv_number(std::string_view text, char decimal) {
  const Number number = number_of(text, decimal);
  return number.error == std::errc{} ? std::optional(number.value) : std::nullopt;
}

double csv_number(const InputFile& file, const CsvField& field, char decimal,
                  std::string_view remedy) {
  const Number number = number_of(field.text, decimal);
  if (number.error == std::errc{}) return number.value;
  const auto fail = [&](const std::string& message) {
    refuse(file.path(), message, field.line, field.column);
  };
  if (trimmed(field.text).empty()) fail("a missing value; fill it in, or leave out the row");
  if (number.error == std::errc::result_out_of_range)
    fail(in_quotes(field.text) + " does not fit a float64 (at most about 1.8e308)");
  fail(in_quotes(field.text) + " is not a number" +
       (remedy.empty() ? default_remedy(trimmed(field.text)) : std::string(remedy)));
  return 0;
}

bool is_csv_number(std::string_view text, char decimal) {
  return number_of(text, decimal).error != std::errc::invalid_argument;
}

}  // namespace widelimit::detail
