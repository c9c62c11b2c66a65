// A document as text: for plugins, for `resolved`, for messages.
#include "value.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace widelimit::detail {

namespace {

void write_string(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  const auto escape = [&](unsigned byte) {
    out += "\\u00";
    out += hex[byte >> 4];
    out += hex[byte & 15];
  };
  out += '"';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    const unsigned next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      escape(byte);
    } else if (byte == 0xC2 && next >= 0x80 && next < 0xA0) {
      escape(next);  // U+0080 to U+009F: control characters too
      ++i;
    } else {
      out += c;
    }
  }
  out += '"';
}

void write_number(std::string& out, double number) {
  std::array<char, 32> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  out += text;
  if (text.find_first_of(".en") == std::string_view::npos) out += ".0";
}

struct Writer {
  std::string& out;
  int indent;

  void line(int level) const {
    if (indent == 0) return;
    out += '\n';
    out.append(static_cast<std::size_t>(indent * level), ' ');
  }

  void separator(bool first) const {
    if (!first) out += indent == 0 ? ", " : ",";
  }

  void write(const Value& value, int level) const {
    if (value.is_null()) {
      out += "null";
    } else if (const auto* b = value.boolean()) {
      out += *b ? "true" : "false";
    } else if (const auto* i = std::get_if<std::int64_t>(&value.data)) {
      out += std::to_string(*i);
    } else if (const auto* d = std::get_if<double>(&value.data)) {
      write_number(out, *d);
    } else if (const auto* s = value.string()) {
      write_string(out, *s);
    } else if (const auto* items = value.array()) {
      write_array(*items, level);
    } else {
      write_object(*value.object(), level);
    }
  }

  void write_array(const Value::Array& items, int level) const {
    bool first = true;
    out += '[';
    for (const Value& v : items) {
      separator(first);
      line(level + 1);
      write(v, level + 1);
      first = false;
    }
    if (!first) line(level);
    out += ']';
  }

  void write_object(const Value::Object& members, int level) const {
    bool first = true;
    out += '{';
    for (const Member& m : members) {
      separator(first);
      line(level + 1);
      write_string(out, m.key);
      out += ": ";
      write(m.value, level + 1);
      first = false;
    }
    if (!first) line(level);
    out += '}';
  }
};

/// At most `limit` bytes, never half a character.
std::string cut(std::string text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
  text.resize(limit);
  return text + "...";
}

constexpr std::size_t shown_bytes = 40;

}  // namespace

std::string to_json(const Value& value, int indent) {
  std::string out;
  Writer{out, indent}.write(value, 0);
  return out;
}

std::string shown(const Value& value) {
  if (const auto* items = value.array(); items != nullptr && items->size() > shown_bytes)
    return "a list of " + std::to_string(items->size());
  if (value.object() != nullptr && !value.object()->empty()) return "an object";
  return cut(value.digits ? *value.digits : to_json(value), shown_bytes);
}

std::string in_quotes(std::string_view text) {
  std::string out;
  write_string(out, text.substr(0, 4 * shown_bytes));
  return out.size() <= shown_bytes + 2 && text.size() <= 4 * shown_bytes
             ? out
             : cut(out, shown_bytes) + '"';
}

}  // namespace widelimit::detail
