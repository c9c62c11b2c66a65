// A strict little reader of HTML and SVG: enough to see that a document is well formed and asks for
// nothing from elsewhere.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace widelimit::test {

struct Markup {
  std::vector<std::string>
      problems;  ///< unbalanced tags, bare '<' or '&', attributes without quotes
  std::vector<std::string> elements;    ///< names, in order
  std::vector<std::string> attributes;  ///< names, in order
  std::vector<std::string> ids;
  std::vector<std::string> references;  ///< values of href, xlink:href and src
  std::string text;                     ///< without tags, entities as they are
};

Markup read_markup(std::string_view document);

}  // namespace widelimit::test
