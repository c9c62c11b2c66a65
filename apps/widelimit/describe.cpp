// widelimit describe: a type's summary, formula, reference and parameters; or, as Markdown, those
// of all types, which is the gallery in plugins/README.md.
#include "common/escape.hpp"
#include "common/json.hpp"
#include "common/numbers.hpp"
#include "common/table.hpp"
#include "gallery.hpp"
#include "type_text.hpp"
#include "verbs.hpp"

#include <widelimit/error.hpp>

#include <algorithm>
#include <cctype>
#include <iostream>
#include <memory>
#include <utility>
#include <vector>

namespace widelimit::program {
namespace {

using apps::Json;

constexpr std::size_t text_width = 96;

struct Options {
  std::string type;
  PluginOptions plugins;
  bool json = false, markdown = false;
};

const TypeInfo& find(const Catalogue& catalogue, const std::string& name) {
  for (const TypeKind kind : {TypeKind::layer, TypeKind::solver}) {
    bool ambiguous = false;
    const TypeInfo* type = catalogue.find(kind, name, &ambiguous);
    if (ambiguous) {
      std::vector<std::string> all;
      for (const TypeInfo& t : catalogue.types())
        if (t.name == name) all.push_back(t.qualified);
      throw Error(ErrorCode::usage,
                  "several plugins offer \"" + name + "\"; name one of " + apps::join(all));
    }
    if (type) return *type;
  }
  std::vector<std::string> known;
  for (const TypeKind kind : {TypeKind::layer, TypeKind::solver})
    for (const std::string& type : catalogue.names(kind)) known.push_back(type);
  const std::string nearest = catalogue.nearest(name);
  throw Error(
      ErrorCode::usage,
      "there is no type \"" + name + "\"; " +
          (nearest.empty() ? "" : "did you mean \"" + nearest + "\"? ") +
          (known.empty()
               ? "no plugins were found; `widelimit plugins --why` shows where they were searched"
               : "the plugins offer " + apps::join(known)));
}

/// One parameter: name, kind, range, default, and on the next lines its meaning.
std::string text_of(const Parameter& p, std::size_t name_width) {
  std::string text = "  " + apps::padded(p.name, name_width) + "  " + p.values;
  if (!p.fallback.empty())
    text += " [" + p.fallback + "]";
  else if (p.required)
    text += ", required";
  return text + "\n" + apps::wrapped(p.description, text_width, name_width + 4);
}

/// The key "inputs", which layers with several inputs have besides their own parameters.
std::string inputs(const TypeInfo& type) {
  if (!takes_branches(type)) return "";
  const std::string least = std::to_string(type.min_inputs);
  const std::string count = type.max_inputs == 0 ? "at least " + least
                            : type.max_inputs == type.min_inputs
                                ? least
                                : least + " to " + std::to_string(type.max_inputs);
  return "  inputs  list of networks, " + count + ", required\n" +
         apps::wrapped(
             "each is applied to the input of this layer; [] passes the input on unchanged",
             text_width, 10);
}

std::string parameters(const TypeInfo& type) {
  const std::vector<Parameter> all = parameters_of(type);
  std::size_t name_width = 0;
  for (const Parameter& p : all) name_width = std::max(name_width, apps::character_count(p.name));
  std::string text;
  for (const Parameter& p : all) text += text_of(p, name_width);
  return text;
}

/// The meaning of the letters in formulas.
constexpr const char* notation =
    "Notation: u, v are an activation for two samples, (u, v) ~ N(0, [[p, k], [k, q]]); value = "
    "E[f(u) f(v)] is the next k, and the NTK is multiplied by slope = E[f'(u) f'(v)]. K is the "
    "NNGP kernel, Theta the NTK; K' and Theta' are those after the layer; K[p, q] is between the "
    "sites p and q.";

/// The title and the paragraph below it, without saying the summary twice.
std::pair<std::string, std::string> title_and_text(const TypeInfo& type) {
  const std::string title = type.name + ": " + type.summary, doc = joined_paragraphs(type.doc);
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
  };
  const std::string& summary = type.summary;
  if (doc.size() < summary.size() || !std::equal(summary.begin(), summary.end(), doc.begin(), same))
    return {title, doc};
  const std::string rest = doc.substr(summary.size());
  if (rest.empty() || rest == ".") return {title, ""};
  if (rest.starts_with(". ")) return {title, rest.substr(2)};
  return {type.name, doc};
}

void print(const TypeInfo& type) {
  const auto [title, paragraph] = title_and_text(type);
  std::cout << title << "\n\n";
  if (!paragraph.empty()) std::cout << apps::wrapped(paragraph, text_width, 2) << '\n';
  const auto line = [](const char* label, const std::string& text) {
    if (!text.empty()) std::cout << "  " << apps::padded(label, 9) << text << '\n';
  };
  line("kind", type.kind == TypeKind::layer ? "layer" : "solver");
  line("offers", faces(type));
  line("version", type.version);
  line("plugin",
       type.plugin_id + " " + type.plugin_version + (type.file.empty() ? "" : ", " + type.file));
  const std::string listed = inputs(type) + parameters(type);
  std::cout << '\n' << (listed.empty() ? "  It has no parameters.\n" : listed);
  if (type.kind == TypeKind::layer) std::cout << '\n' << apps::wrapped(notation, text_width, 2);
}

Json json_of(const TypeInfo& type) {
  return Json::Object{
      {"name", type.name},
      {"qualified", type.qualified},
      {"kind", type.kind == TypeKind::layer ? "layer" : "solver"},
      {"version", type.version},
      {"summary", type.summary},
      {"doc", type.doc},
      {"plugin", type.plugin_id},
      {"plugin_version", type.plugin_version},
      {"file", type.file},
      {"infinite", type.infinite},
      {"finite", type.finite},
      {"eigen", type.eigen},
      {"min_inputs", type.min_inputs},
      {"max_inputs", type.max_inputs},
      {"params_schema", type.params_schema.empty()
                            ? Json()
                            : Json::parse(type.params_schema, "schema of " + type.qualified)}};
}

int run(const Options& options) {
  if (options.type.empty() && !options.markdown)
    throw Error(ErrorCode::usage,
                "describe needs a type: widelimit describe TYPE; `widelimit plugins` lists them");
  const Runtime runtime(options.plugins.runtime());
  if (options.markdown) {
    std::cout << gallery(runtime.catalogue());
    return done;
  }
  const TypeInfo& type = find(runtime.catalogue(), options.type);
  if (options.json)
    std::cout << json_of(type).indented(4) << '\n';
  else
    print(type);
  return done;
}

}  // namespace

Verb add_describe(const Parser& program) {
  auto options = std::make_shared<Options>();
  const Parser verb =
      program.verb("describe", "Explain one layer or solver: formula, reference, parameters");
  verb.option("type", options->type, "Type, such as relu", "TYPE");
  options->plugins.add_to(verb);
  verb.flag("--json", options->json, "Print everything as JSON");
  verb.flag_without({"type", "--json"}, "--markdown", options->markdown,
                    "Print every type as Markdown: the gallery in plugins/README.md");
  return {verb, [options] { return run(*options); }};
}

}  // namespace widelimit::program
