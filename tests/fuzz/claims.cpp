// See claims.hpp.
#include "claims.hpp"

#include "json/parse.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace widelimit::fuzz {

std::vector<std::string> parts(std::string_view input) {
  std::vector<std::string> all;
  while (true) {
    const std::size_t end = input.find(separator);
    all.emplace_back(input.substr(0, end));
    if (end == std::string_view::npos) return all;
    input.remove_prefix(end + 1);
  }
}

void claim(bool holds, const char* what, const std::string& details) {
  if (holds) return;
  std::fprintf(stderr, "broken claim: %s\n%s\n", what, details.c_str());
  std::abort();
}

std::optional<detail::Value> parsed(const std::string& text) {
  detail::SourceTexts texts;
  texts.add(detail::SourceText("input", text, true));
  detail::Report report;
  return detail::parse_json(texts, 0, report);
}

namespace {

bool leads(const std::string& pointer, const detail::Value& root) {
  if (pointer.empty() || detail::resolve(root, pointer) != nullptr) return true;
  return detail::resolve(root, pointer.substr(0, pointer.rfind('/'))) != nullptr;
}

bool below_twice_given(const std::string& pointer, const std::vector<Problem>& problems) {
  return std::any_of(problems.begin(), problems.end(), [&](const Problem& p) {
    return pointer.starts_with(p.pointer + "/") &&
           p.message.find("is given twice in this object") != std::string::npos;
  });
}

}  // namespace

void claim_pointers(const std::vector<Problem>& problems,
                    const std::vector<detail::Value>& documents) {
  claim(!problems.empty(), "an error has problems", {});
  for (const Problem& p : problems) {
    claim(!p.message.empty(), "a problem has a message", p.text());
    const bool found = std::any_of(documents.begin(), documents.end(),
                                   [&](const auto& root) { return leads(p.pointer, root); });
    claim(found || below_twice_given(p.pointer, problems),
          "a pointer resolves or names a missing key", p.text());
  }
}

}  // namespace widelimit::fuzz
