// Writing and reading JSON (RFC 8259).
#include "json.hpp"

#include <widelimit/error.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace widelimit::experiment {
namespace {

/// Deeper than anything this program writes; a reader that recurses must stop somewhere.
constexpr int max_depth = 100;

/// How many bytes a valid UTF-8 sequence at the head of `text` has; 0: it is not valid.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char head = byte(0);
  if (head < 0x80) return 1;
  const std::size_t length = head >= 0xF0 ? 4 : head >= 0xE0 ? 3 : 2;
  if (head < 0xC2 || head > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0u) != 0x80u) return 0;
  return length;
}

void write_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const char c = text.front();
    std::size_t length = sequence_length(text);
    if (length == 0) {
      out += "\\ufffd";
      length = 1;
    } else if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
      out += escape.data();
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  out += '"';
}

void break_line(std::string& out, int depth) {
  out.push_back('\n');
  out.append(static_cast<std::size_t>(depth) * 2, ' ');
}

void append_utf8(std::string& out, unsigned code) {
  const auto put = [&](unsigned byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

}  // namespace

/// Recursive descent over one text.
class JsonReader {
 public:
  JsonReader(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  Json document() {
    Json value = this->value(0);
    skip_space();
    if (at_ != text_.size()) fail("expected the end of the text");
    return value;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    Problem problem{.file = name_, .line = 1, .column = 1, .pointer = {}, .message = what};
    for (std::size_t i = 0; i < at_; ++i) {
      ++problem.column;
      if (text_[i] != '\n') continue;
      ++problem.line;
      problem.column = 1;
    }
    throw Error(ErrorCode::usage, std::vector{std::move(problem)});
  }
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_space() {
    while (at_ < text_.size() && std::string_view(" \t\n\r").find(peek()) != text_.npos) ++at_;
  }
  bool accept(char c) {
    skip_space();
    if (at_ >= text_.size() || peek() != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(std::string("expected '") + c + "'");
  }
  bool accept_word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  Json value(int depth) {
    if (depth > max_depth) fail("nested too deeply");
    skip_space();
    const char c = peek();
    if (c == '{') return object(depth);
    if (c == '[') return array(depth);
    if (c == '"') return Json(string());
    if (accept_word("true")) return Json(true);
    if (accept_word("false")) return Json(false);
    if (accept_word("null")) return Json();
    return number();
  }
  Json object(int depth) {
    Json::Object members;
    expect('{');
    if (accept('}')) return Json(std::move(members));
    do {
      skip_space();
      std::string key = string();
      expect(':');
      Json member = value(depth + 1);
      members.emplace_back(std::move(key), std::move(member));
    } while (accept(','));
    expect('}');
    return Json(std::move(members));
  }
  Json array(int depth) {
    Json::Array elements;
    expect('[');
    if (accept(']')) return Json(std::move(elements));
    do elements.push_back(value(depth + 1));
    while (accept(','));
    expect(']');
    return Json(std::move(elements));
  }
  unsigned hex4() {
    unsigned code = 0;
    const std::string_view digits = text_.substr(at_, 4);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    if (error != std::errc() || digits.size() != 4 || end != digits.data() + 4)
      fail("expected four hexadecimal digits");
    at_ += 4;
    return code;
  }
  std::string string() {
    if (peek() != '"') fail("expected a string");
    ++at_;
    std::string out;
    for (; at_ < text_.size() && peek() != '"'; ++at_) {
      if (static_cast<unsigned char>(peek()) < 0x20) fail("control character in a string");
      if (peek() != '\\') {
        out += peek();
        continue;
      }
      ++at_;
      constexpr std::string_view from = "\"\\/bfnrt", to = "\"\\/\b\f\n\r\t";
      if (peek() == 'u') {
        ++at_;
        unsigned code = hex4();
        if (code >= 0xD800 && code < 0xDC00 && accept_word("\\u")) {
          const unsigned low = hex4();
          if (low < 0xDC00 || low > 0xDFFF) fail("half of a surrogate pair");
          code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        } else if (code >= 0xD800 && code < 0xE000) {
          fail("half of a surrogate pair");
        }
        append_utf8(out, code);
        --at_;
      } else if (const std::size_t k = from.find(peek()); k != from.npos) {
        out += to[k];
      } else {
        fail("unknown escape");
      }
    }
    if (at_ >= text_.size()) fail("a string without end");
    ++at_;
    return out;
  }
  Json number() {
    const std::size_t begin = at_;
    const auto digits = [&] {
      const std::size_t first = at_;
      while (peek() >= '0' && peek() <= '9') ++at_;
      if (at_ == first) fail("expected a value");
    };
    if (peek() == '-') ++at_;
    if (peek() == '0')
      ++at_;
    else
      digits();
    if (peek() == '.') {
      ++at_;
      digits();
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      digits();
    }
    Json json;
    json.data_ = Json::Number{std::string(text_.substr(begin, at_ - begin))};
    return json;
  }

  std::string_view text_;
  const std::string& name_;
  std::size_t at_ = 0;
};

std::string number_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), end};
}

Json::Json(double value) {
  if (std::isnan(value)) return;
  if (std::isinf(value))
    data_ = number_text(value);
  else
    data_ = Number{number_text(value)};
}

Json Json::parse(std::string_view text, const std::string& name) {
  return JsonReader(text, name).document();
}

const Json* Json::find(std::string_view key) const noexcept {
  if (const Object* members = object())
    for (const Member& member : *members)
      if (member.first == key) return &member.second;
  return nullptr;
}

std::string Json::text(int levels) const {
  std::string out;
  write(out, levels, 0);
  return out;
}

void Json::write(std::string& out, int levels, int depth) const {
  const bool broken = depth < levels;
  const auto separate = [&](bool first) {
    if (!first) out += broken ? "," : ", ";
    if (broken) break_line(out, depth + 1);
  };
  const auto close = [&](char c, bool empty) {
    if (broken && !empty) break_line(out, depth);
    out += c;
  };
  if (is_null()) {
    out += "null";
  } else if (const bool* b = boolean()) {
    out += *b ? "true" : "false";
  } else if (const std::string* n = number()) {
    out += *n;
  } else if (const std::string* s = string()) {
    write_string(out, *s);
  } else if (const Array* elements = array()) {
    out += '[';
    for (const Json& element : *elements) {
      separate(&element == elements->data());
      element.write(out, levels, depth + 1);
    }
    close(']', elements->empty());
  } else {
    out += '{';
    const Object& members = *object();
    for (const Member& member : members) {
      separate(&member == members.data());
      write_string(out, member.first);
      out += ": ";
      member.second.write(out, levels, depth + 1);
    }
    close('}', members.empty());
  }
}

}  // namespace widelimit::experiment
