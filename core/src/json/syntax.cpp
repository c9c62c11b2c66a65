// Describes syntax errors. The parser only reports where it stopped; the text around this position
// shows the mistake.
#include "json/syntax.hpp"

#include "json/value.hpp"
#include "text/file_kind.hpp"
#include "text/quoting.hpp"
#include "text/utf8.hpp"

#include <algorithm>
#include <cctype>
#include <regex>
#include <vector>

namespace widelimit::detail {

namespace {

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '+' ||
         c == '-';
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// The state of the text before the position where the parser stopped.
struct Before {
  std::vector<std::size_t> open;  // brackets not closed yet
  bool in_string = false;
  std::size_t string_begin = 0;
  std::size_t last = 0;    // offset of the last character that is not white space
  char last_token = '\0';  // that character; 's' after a string; '\0': nothing yet
};

Before look_before(std::string_view text, std::size_t end) {
  Before before;
  for (std::size_t i = 0; i < end; ++i) {
    const char c = text[i];
    if (before.in_string) {
      if (c == '\\') ++i;
      if (c != '"') continue;
      before.in_string = false;
      before.last = i;
      before.last_token = 's';
      continue;
    }
    if (is_space(c)) continue;
    if (c == '"') {
      before.in_string = true;
      before.string_begin = i;
    } else if (c == '[' || c == '{') {
      before.open.push_back(i);
    } else if ((c == ']' || c == '}') && !before.open.empty()) {
      before.open.pop_back();
    }
    before.last = i;
    before.last_token = c;
  }
  return before;
}

std::string lower(std::string_view word) {
  std::string out(word);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

/// Describes a word that is not JSON; empty if it is a number or a literal.
std::string explain_word(std::string_view word) {
  const std::string small = lower(word);
  const std::string bare = small.substr(
      small.find_first_not_of("+-") == std::string::npos ? 0 : small.find_first_not_of("+-"));
  if (bare == "nan" || bare == "inf" || bare == "infinity")
    return in_quotes(word) + " is not a number in JSON; only finite numbers are" +
           (bare == "nan" ? "" : " (an infinite time is written \"inf\", in quotes)");
  if (bare == "none" || bare == "undefined") return in_quotes(word) + " is written null in JSON";
  if ((small == "true" || small == "false") && small != word)
    return in_quotes(word) + " is written " + small + " in JSON";
  if (small == "true" || small == "false" || small == "null") return {};
  const char first = word.front();
  if (std::isdigit(static_cast<unsigned char>(first)) != 0 || first == '.' || first == '+' ||
      first == '-') {
    static const std::regex number(R"(-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?)");
    if (word.size() < 64 && std::regex_match(word.begin(), word.end(), number)) return {};
    return in_quotes(word) +
           " is not a number in JSON (digits on both sides of the point, no leading zero or plus)";
  }
  return in_quotes(word) + " is not a JSON value; text stands in double quotes";
}

std::string opened(char bracket) { return bracket == '{' ? "object" : "list"; }

/// Whether the text before `end` ends with an escape \\uD800 to \\uDBFF, which another one must
/// follow.
bool after_high_surrogate(std::string_view text, std::size_t end) {
  if (end > 0 && text[end - 1] == '\\') --end;
  constexpr std::size_t length = 6;
  if (end < length) return false;
  const std::string escape = lower(text.substr(end - length, length));
  return escape.starts_with("\\ud") &&
         std::string_view("89ab").find(escape[3]) != std::string_view::npos;
}

/// The parser stops behind a word that is cut short, as in [1.]: then the offset of this word. Else
/// that of the next character that is not white space.
std::size_t mistake_near(std::string_view text, std::size_t offset) {
  std::size_t begin = offset;
  while (begin > 0 && is_word(text[begin - 1])) --begin;
  const bool ends = offset == text.size() || !is_word(text[offset]);
  if (begin < offset && ends && !explain_word(text.substr(begin, offset - begin)).empty())
    return begin;
  while (offset < text.size() && is_space(text[offset])) ++offset;
  return offset;
}

SyntaxProblem explain_end(std::string_view text, const Before& before,
                          const std::function<std::string(std::size_t)>& position_text) {
  if (before.in_string)
    return {before.string_begin, "this string never ends: a closing \" is missing"};
  if (!before.open.empty()) {
    const std::size_t open = before.open.back();
    return {text.size(), "the text ends inside the " + opened(text[open]) + " opened at " +
                             position_text(open) + ": a closing " +
                             (text[open] == '{' ? "}" : "]") + " is missing"};
  }
  return {text.size(), "the text ends in the middle of a value"};
}

}  // namespace

bool replace_controls(std::string& text) {
  bool any = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const unsigned next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    const bool two_bytes = byte == 0xC2 && next >= 0x80 && next < 0xA0;
    if (byte >= 0x20 && byte != 0x7f && !two_bytes) continue;
    text.replace(i, two_bytes ? 2 : 1, "?");
    any = true;
  }
  return any;
}

SyntaxProblem explain_encoding(std::string_view text) {
  if (std::string other = other_kind(text, "JSON"); !other.empty()) return {0, std::move(other)};
  if (const std::size_t bad = first_not_utf8(text); bad != std::string_view::npos)
    return {bad, "not UTF-8 from here on; save the file as UTF-8"};
  if (std::all_of(text.begin(), text.end(), is_space)) return {0, "is empty; JSON was expected"};
  return {};
}

SyntaxProblem explain_syntax(std::string_view text, std::size_t offset,
                             const std::function<std::string(std::size_t)>& position_text) {
  offset = std::min(offset, text.size());
  const bool in_string = look_before(text, offset).in_string;
  if (!in_string) offset = mistake_near(text, offset);
  std::size_t begin = offset;
  if (!in_string)
    while (begin > 0 && is_word(text[begin - 1]) &&
           (offset == text.size() || is_word(text[offset]) || begin < offset))
      --begin;
  const Before before = look_before(text, begin);

  if (in_string && offset < text.size()) {
    const auto c = static_cast<unsigned char>(text[offset]);
    if (c == '\n' || c == '\r')
      return {before.string_begin, "this string does not end on its line: a closing \" is missing"};
    if (after_high_surrogate(text, offset)) return {offset, half_a_pair};
    if (c < 0x20) return {offset, "a control character inside a string; write \\t, \\n or \\u00XX"};
    return {offset, "after \\ only \" \\ / b f n r t and u with four digits may follow"};
  }
  std::size_t end = begin;
  while (end < text.size() && is_word(text[end])) ++end;
  if (end > begin)
    if (std::string word = explain_word(text.substr(begin, end - begin)); !word.empty())
      return {begin, std::move(word)};
  if (begin == text.size() || (end == text.size() && before.open.empty() && offset == end))
    return explain_end(text, before, position_text);

  const char here = text[begin];
  const bool in_object = !before.open.empty() && text[before.open.back()] == '{';
  if (here == '/' || here == '#') return {begin, "comments are not part of JSON; remove this one"};
  if (here == '\'') return {begin, "strings stand in double quotes in JSON, not in single ones"};
  if ((here == ']' || here == '}') && before.last_token == ',')
    return {before.last, std::string("a trailing comma before ") + here + ": remove it"};
  if (before.open.empty() && before.last_token != '\0')
    return {begin, "more text after the end of the document"};
  if (here == ',' && (before.last_token == ',' || before.last_token == '[' ||
                      before.last_token == '{' || before.last_token == ':'))
    return {begin, "a value is missing before this comma"};
  if ((here == ']' || here == '}') && !before.open.empty() && (here == '}') != in_object)
    return {begin, std::string("this ") + here + " does not close the " +
                       opened(text[before.open.back()]) + " opened at " +
                       position_text(before.open.back())};
  if (here == '}' && before.last_token == ':') return {begin, "a value is missing after the colon"};
  if (in_object && (before.last_token == '{' || before.last_token == ','))
    return {begin, "a key in double quotes was expected here"};
  if (in_object && here == '}') return {begin, "a colon and a value are missing after this key"};
  const bool value_before = before.last_token != '\0' && before.last_token != ':' &&
                            before.last_token != ',' && before.last_token != '[' &&
                            before.last_token != '{';
  if (value_before && here == ':')
    return {begin, in_object ? "a comma was expected here: a key has one value"
                             : "a colon in a list; an object stands in braces {}"};
  if (value_before && in_object) return {begin, "a comma, a colon or } was expected before this"};
  if (value_before) return {begin, "a comma or ] was expected before this"};
  return {begin, "a value was expected here"};
}

}  // namespace widelimit::detail
