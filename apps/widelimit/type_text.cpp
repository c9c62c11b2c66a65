// What a type says about itself, as words.
#include "type_text.hpp"

#include "common/json.hpp"
#include "common/numbers.hpp"

#include <algorithm>

namespace widelimit::program {
namespace {

using apps::Json;

/// A string as it is, anything else as JSON; empty for null.
std::string text_of(const Json& value) {
  return value.is_null() ? "" : value.text(value.one_line());
}

/// "> 0", "1 to 4096", "one of "a", "b""
std::string range_of(const Json& schema) {
  std::vector<std::string> texts;
  if (schema["enum"].is_array()) {
    for (const Json& value : schema["enum"].elements()) texts.push_back(value.one_line());
    return apps::join(texts);
  }
  const std::string low = text_of(schema["minimum"]), high = text_of(schema["maximum"]);
  const std::string above = text_of(schema["exclusiveMinimum"]),
                    below = text_of(schema["exclusiveMaximum"]);
  if (!low.empty() && !high.empty()) return low + " to " + high;
  const auto add = [&](const char* sign, const std::string& bound) {
    if (!bound.empty()) texts.push_back(sign + bound);
  };
  add(">= ", low);
  add("> ", above);
  add("<= ", high);
  add("< ", below);
  return apps::join(texts);
}

std::string kind_of(const Json& schema) {
  const Json type = schema["type"];
  if (!type.is_array()) return text_of(type);
  std::vector<std::string> kinds;
  for (const Json& kind : type.elements()) kinds.push_back(text_of(kind));
  return apps::join(kinds, " or ");
}

bool is_required(const Json& schema, const std::string& name) {
  const std::vector<Json> required = schema["required"].elements();
  return std::any_of(required.begin(), required.end(),
                     [&](const Json& key) { return key.text() == name; });
}

}  // namespace

std::vector<Parameter> parameters_of(const TypeInfo& type) {
  std::vector<Parameter> all;
  if (type.params_schema.empty()) return all;
  const Json schema = Json::parse(type.params_schema, "schema of " + type.qualified);
  for (const auto& [name, property] : schema["properties"].members()) {
    Parameter p;
    p.name = name;
    const std::string range = range_of(property);
    p.values = kind_of(property) + (range.empty() ? "" : ", " + range);
    if (property.contains("default")) p.fallback = property["default"].one_line();
    p.required = p.fallback.empty() && is_required(schema, name);
    p.description = joined_paragraphs(text_of(property["description"]));
    all.push_back(std::move(p));
  }
  return all;
}

bool takes_branches(const TypeInfo& type) noexcept {
  return type.kind == TypeKind::layer && (type.min_inputs != 1 || type.max_inputs != 1);
}

std::string faces(const TypeInfo& type) {
  if (type.kind == TypeKind::solver)
    return type.eigen ? "solves; eigendecomposition (finite times)" : "solves";
  std::string text = type.infinite ? "infinite width" : "";
  if (type.finite) text += std::string(text.empty() ? "" : ", ") + "finite width";
  return text;
}

std::string joined_paragraphs(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (line.empty() || line.starts_with("    ") || out.empty() || out.back() == '\n')
      out += (out.empty() ? "" : "\n") + std::string(line);
    else
      out += " " + std::string(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace widelimit::program
