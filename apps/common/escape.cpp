// Escapers, all on one reader of UTF-8 (RFC 3629).
#include "escape.hpp"

#include "common/sizes.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace widelimit::apps {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// Length of the well-formed sequence at `at`, 0 where there is none.
std::size_t sequence_length(std::string_view text, std::size_t at) {
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

/// Calls `emit` with each character, and with `replacement` for each byte that is no part of one.
template <class Emit>
void for_each_character(std::string_view text, Emit emit) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence_length(text, at);
    emit(length == 0 ? replacement : text.substr(at, length));
    at += std::max<std::size_t>(length, 1);
  }
}

bool is_control(std::string_view c) {
  const auto first = static_cast<unsigned char>(c[0]);
  const bool c1 = first == 0xC2 && static_cast<unsigned char>(c[1]) < 0xA0;
  return first < 0x20 || first == 0x7F || c1;
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string result;
  for_each_character(text, [&](std::string_view c) { result += is_control(c) ? " " : c; });
  return result;
}

std::string html_escaped(std::string_view text) {
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

std::string json_quoted(std::string_view text) {
  std::string result = "\"";
  for_each_character(text, [&](std::string_view c) {
    const auto first = static_cast<unsigned char>(c[0]);
    if (c.data() == replacement.data()) {
      result += "\\ufffd";
    } else if (c == "\"" || c == "\\") {
      result += '\\';
      result += c;
    } else if (c == "\n") {
      result += "\\n";
    } else if (c == "\t") {
      result += "\\t";
    } else if (first < 0x20 || first == 0x7F) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(first));
      result += escape.data();
    } else {
      result += c;
    }
  });
  return result + '"';
}

std::size_t character_count(std::string_view text) {
  return to_size(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u;
  }));
}

std::string shortened(std::string_view text, std::size_t length) {
  std::string result;
  std::size_t count = 0, last = 0;
  bool cut = false;
  for_each_character(text, [&](std::string_view c) {
    if (count == length) {
      cut = true;
      return;
    }
    last = result.size();
    result += c;
    ++count;
  });
  if (cut) result.replace(last, std::string::npos, "…");
  return result;
}

}  // namespace widelimit::apps
