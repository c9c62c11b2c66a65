// Escaping and cutting.
#include "text/quoting.hpp"

namespace widelimit::detail {

void append_quoted(std::string& out, std::string_view text) {
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

std::string cut(std::string text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
  text.resize(limit);
  return text + "...";
}

std::string in_quotes(std::string_view text) {
  std::string out;
  append_quoted(out, text.substr(0, 4 * shown_bytes));
  return out.size() <= shown_bytes + 2 && text.size() <= 4 * shown_bytes
             ? out
             : cut(out, shown_bytes) + '"';
}

}  // namespace widelimit::detail
