// A strict little reader of HTML and SVG.
#include "markup.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace widelimit::test {
namespace {

bool is_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == ':' || c == '_';
}

std::string_view take_name(std::string_view& rest) {
  std::size_t n = 0;
  while (n < rest.size() && is_name(rest[n])) ++n;
  const std::string_view name = rest.substr(0, n);
  rest.remove_prefix(n);
  return name;
}

void skip_space(std::string_view& rest) {
  while (!rest.empty() && std::isspace(static_cast<unsigned char>(rest[0])) != 0)
    rest.remove_prefix(1);
}

void check_entities(std::string_view text, Markup& markup) {
  for (std::size_t at = text.find('&'); at != std::string_view::npos; at = text.find('&', at + 1)) {
    const std::size_t end = text.find(';', at);
    if (end == std::string_view::npos || end - at > 8)
      markup.problems.push_back("bare & in: " + std::string(text.substr(at, 20)));
  }
}

/// The attributes up to and with '>'; true where the element is closed at once.
bool read_attributes(std::string_view& rest, Markup& markup) {
  while (true) {
    skip_space(rest);
    if (rest.starts_with("/>")) {
      rest.remove_prefix(2);
      return true;
    }
    if (rest.starts_with(">")) {
      rest.remove_prefix(1);
      return false;
    }
    const std::string name(take_name(rest));
    if (name.empty() || !rest.starts_with("=\"")) {
      markup.problems.push_back("bad attribute at: " + std::string(rest.substr(0, 30)));
      rest.remove_prefix(std::min<std::size_t>(rest.size(), 1));
      if (rest.empty()) return false;
      continue;
    }
    rest.remove_prefix(2);
    const std::size_t end = std::min(rest.find('"'), rest.size());
    const std::string_view value = rest.substr(0, end);
    if (value.find('<') != std::string_view::npos)
      markup.problems.push_back("< in an attribute: " + std::string(value));
    check_entities(value, markup);
    markup.attributes.push_back(name);
    if (name == "id") markup.ids.emplace_back(value);
    if (name == "href" || name == "xlink:href" || name == "src")
      markup.references.emplace_back(value);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

}  // namespace

Markup read_markup(std::string_view rest) {
  constexpr std::array<std::string_view, 2> without_end{"meta", "wbr"};
  Markup markup;
  std::vector<std::string> open;
  while (!rest.empty()) {
    if (rest[0] != '<') {
      const std::size_t end = std::min(rest.find('<'), rest.size());
      check_entities(rest.substr(0, end), markup);
      markup.text += rest.substr(0, end);
      rest.remove_prefix(end);
    } else if (rest.starts_with("<!DOCTYPE") || rest.starts_with("<?xml")) {
      rest.remove_prefix(rest.find('>') + 1);
    } else if (rest.starts_with("</")) {
      rest.remove_prefix(2);
      const std::string name(take_name(rest));
      if (open.empty() || open.back() != name) {
        markup.problems.push_back("</" + name + "> closes " +
                                  (open.empty() ? "nothing" : open.back()));
      } else {
        open.pop_back();
      }
      if (!rest.starts_with('>')) markup.problems.push_back("bad end tag " + name);
      rest.remove_prefix(std::min<std::size_t>(rest.size(), 1));
    } else {
      rest.remove_prefix(1);
      const std::string name(take_name(rest));
      if (name.empty()) {
        markup.problems.push_back("bare < before: " + std::string(rest.substr(0, 30)));
        continue;
      }
      markup.elements.push_back(name);
      const bool is_closed = read_attributes(rest, markup);
      const bool is_void =
          std::find(without_end.begin(), without_end.end(), name) != without_end.end();
      if (!is_closed && !is_void) open.push_back(name);
      if (name == "style") {
        const std::size_t end = std::min(rest.find("</style>"), rest.size());
        rest.remove_prefix(end);
      }
    }
  }
  for (const std::string& name : open) markup.problems.push_back("<" + name + "> is never closed");
  return markup;
}

}  // namespace widelimit::test
