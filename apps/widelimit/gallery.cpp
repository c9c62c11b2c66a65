// The gallery: the documentation of every type as Markdown, for plugins/README.md.
#include "gallery.hpp"

#include "common/escape.hpp"
#include "type_text.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>
#include <vector>

namespace widelimit::program {
namespace {

constexpr std::size_t markdown_width = 120;

/// Text of a cell of a table.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string code(const std::string& text) { return "`" + text + "`"; }

/// Would Markdown take a line that begins with this word for more than text?
bool begins_markup(std::string_view word) {
  if (word.empty()) return false;
  if (word == "+" || word == "-" || word == "*" || word[0] == '>' || word[0] == '#') return true;
  const std::size_t digits = std::min(word.find_first_not_of("0123456789"), word.size());
  return digits > 0 && digits < word.size() && (word[digits] == '.' || word[digits] == ')');
}

/// Paragraphs with lines of at most `markdown_width`, none of which begins like a list or a
/// heading.
std::string wrapped_markdown(std::string_view text) {
  std::string out, line;
  const auto flush = [&] {
    out += line + "\n";
    line.clear();
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view rest = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (rest.starts_with("    ")) {
      out += std::string(rest) + "\n";
      continue;
    }
    while (!rest.empty()) {
      // A word, and those behind it that must not begin a line.
      std::size_t stop = std::min(rest.find(' '), rest.size());
      while (stop < rest.size()) {
        const std::size_t next = std::min(rest.find(' ', stop + 1), rest.size());
        if (!begins_markup(rest.substr(stop + 1, next - stop - 1))) break;
        stop = next;
      }
      const std::string_view words = rest.substr(0, stop);
      if (!line.empty() &&
          apps::character_count(line) + 1 + apps::character_count(words) > markdown_width)
        flush();
      line += (line.empty() ? "" : " ") + std::string(words);
      rest.remove_prefix(std::min(stop + 1, rest.size()));
    }
    flush();
  }
  return out;
}

std::string parameter_names(const TypeInfo& type) {
  std::string text = takes_branches(type) ? code("inputs") : "";
  for (const Parameter& p : parameters_of(type)) text += (text.empty() ? "" : ", ") + code(p.name);
  return text;
}

std::string default_of(const Parameter& p) {
  if (p.required) return "required";
  return p.fallback.empty() ? "" : code(p.fallback);
}

std::string parameter_table(const TypeInfo& type) {
  std::string rows;
  const auto row = [&](const std::string& name, const std::string& values,
                       const std::string& fallback, const std::string& meaning) {
    rows += "| " + code(name) + " | " + cell(values) + " | " + cell(fallback) + " | " +
            cell(meaning) + " |\n";
  };
  if (takes_branches(type))
    row("inputs", "list of networks", "required",
        "each is applied to the input of this layer; `[]` passes the input on unchanged");
  for (const Parameter& p : parameters_of(type))
    row(p.name, p.values, default_of(p), p.description);
  return rows.empty() ? ""
                      : "\n| parameter | values | default | meaning |\n|---|---|---|---|\n" + rows;
}

/// A table of the types of one kind.
std::string overview(const std::vector<const TypeInfo*>& types) {
  std::string text =
      "| type | plugin | what it is | parameters | offers |\n|---|---|---|---|---|\n";
  for (const TypeInfo* type : types) {
    const std::string folder = std::filesystem::path(type->file).stem().string();
    text += "| [" + code(type->name) + "](#" + type->name + ") | [" + folder + "](" + folder +
            "/) | " + cell(type->summary) + " | " + parameter_names(*type) + " | " + faces(*type) +
            " |\n";
  }
  return text;
}

}  // namespace

std::string gallery(const Catalogue& catalogue) {
  std::string text;
  for (const auto& [kind, title] :
       {std::pair{TypeKind::layer, "Layers"}, {TypeKind::solver, "Solvers"}}) {
    std::vector<const TypeInfo*> types;
    for (const TypeInfo& type : catalogue.types())
      if (type.kind == kind) types.push_back(&type);
    std::stable_sort(types.begin(), types.end(), [](const TypeInfo* a, const TypeInfo* b) {
      return a->plugin_id < b->plugin_id;
    });
    text += (text.empty() ? "## " : "\n## ") + std::string(title) + "\n\n" + overview(types);
    for (const TypeInfo* type : types)
      text += "\n### " + type->name + "\n\n" + wrapped_markdown(joined_paragraphs(type->doc)) +
              parameter_table(*type);
  }
  return text;
}

}  // namespace widelimit::program
