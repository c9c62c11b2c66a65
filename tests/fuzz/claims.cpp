// See claims.hpp.
#include "claims.hpp"

#include "config/parse.hpp"

#include <cstdio>
#include <cstdlib>
#include <utility>

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

const detail::Value* parsed(const std::string& text, detail::Value& memory) {
  detail::SourceTexts texts;
  texts.add(detail::SourceText("input", text, true));
  detail::Report report;
  auto value = detail::parse_json(texts, 0, report);
  if (!value) return nullptr;
  memory = std::move(*value);
  return &memory;
}

void claim_pointers(const std::vector<Problem>& problems, const detail::Value& root) {
  claim(!problems.empty(), "an error has problems", {});
  for (const Problem& p : problems) {
    claim(!p.message.empty(), "a problem has a message", p.text());
    const bool leads = detail::resolve(root, p.pointer) != nullptr;
    const std::string parent = p.pointer.substr(0, p.pointer.rfind('/'));
    const bool names_missing = !p.pointer.empty() && detail::resolve(root, parent) != nullptr;
    claim(leads || names_missing, "a pointer resolves or names a missing key", p.text());
  }
}

}  // namespace widelimit::fuzz
