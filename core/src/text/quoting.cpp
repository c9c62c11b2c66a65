// Escaping and cutting.
#include "text/quoting.hpp"

#include "text/utf8.hpp"

namespace widelimit::detail {

namespace {

constexpr std::string_view hex = "0123456789abcdef";

void append_hex(std::string& out, unsigned value, int digits) {
  while (digits-- > 0) out += hex[(value >> (4 * digits)) & 15];
}

/// Characters of two or three bytes that a terminal would obey: U+0080 to U+009F, the separators
/// U+2028 and U+2029, the directions U+200E, U+200F, U+202A to U+202E and U+2066 to U+2069, and
/// the byte order mark U+FEFF.
bool disturbs(unsigned code_point) {
  return (code_point >= 0x80 && code_point < 0xA0) || code_point == 0x200E ||
         code_point == 0x200F || (code_point >= 0x2028 && code_point <= 0x202E) ||
         (code_point >= 0x2066 && code_point <= 0x2069) || code_point == 0xFEFF;
}

unsigned code_point_of(std::string_view sequence) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
  switch (sequence.size()) {
    case 1:
      return byte(0);
    case 2:
      return ((byte(0) & 0x1Fu) << 6) | (byte(1) & 0x3Fu);
    case 3:
      return ((byte(0) & 0x0Fu) << 12) | ((byte(1) & 0x3Fu) << 6) | (byte(2) & 0x3Fu);
    default:
      return 0x10000;  // none of these disturbs
  }
}

}  // namespace

std::string printable(std::string_view text, std::string_view kept) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text.substr(i));
    const std::string_view sequence = text.substr(i, length == 0 ? 1 : length);
    const auto first = static_cast<unsigned char>(sequence.front());
    const bool control = length == 1 && (first < 0x20 || first == 0x7f);
    if (control && kept.find(sequence.front()) != std::string_view::npos) {
      out += sequence;
    } else if (control && first == '\n') {
      out += "\\n";
    } else if (control || length == 0) {
      out += "\\x";
      append_hex(out, first, 2);
    } else if (const unsigned code_point = code_point_of(sequence); disturbs(code_point)) {
      out += "\\u";
      append_hex(out, code_point, 4);
    } else {
      out += sequence;
    }
    i += sequence.size();
  }
  return out;
}

void append_quoted(std::string& out, std::string_view text) {
  const auto escape = [&](unsigned byte) {
    out += "\\u";
    append_hex(out, byte, 4);
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
