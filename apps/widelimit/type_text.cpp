// What a type says about itself, as words.
#include "type_text.hpp"

#include "experiment/json.hpp"

#include <algorithm>

namespace widelimit::program {
namespace {

using experiment::Json;

std::string text_of(const Json* value) {
  if (!value) return "";
  return value->string() ? *value->string() : value->text();
}

/// "> 0", "1 to 4096", "one of "a", "b""
std::string range_of(const Json& schema) {
  if (const Json* values = schema.find("enum"); values && values->array()) {
    std::string text;
    for (const Json& value : *values->array()) text += (text.empty() ? "" : ", ") + value.text();
    return text;
  }
  const std::string low = text_of(schema.find("minimum")), high = text_of(schema.find("maximum"));
  const std::string above = text_of(schema.find("exclusiveMinimum")),
                    below = text_of(schema.find("exclusiveMaximum"));
  std::string text;
  const auto add = [&](const char* sign, const std::string& bound) {
    if (!bound.empty()) text += (text.empty() ? "" : ", ") + std::string(sign) + bound;
  };
  if (!low.empty() && !high.empty()) return low + " to " + high;
  add(">= ", low);
  add("> ", above);
  add("<= ", high);
  add("< ", below);
  return text;
}

std::string kind_of(const Json& schema) {
  const Json* type = schema.find("type");
  if (!type || !type->array()) return text_of(type);
  std::string text;
  for (const Json& kind : *type->array()) text += (text.empty() ? "" : " or ") + text_of(&kind);
  return text;
}

bool is_required(const Json& schema, const std::string& name) {
  const Json* required = schema.find("required");
  return required && required->array() &&
         std::any_of(required->array()->begin(), required->array()->end(),
                     [&](const Json& key) { return key.string() && *key.string() == name; });
}

}  // namespace

std::vector<Parameter> parameters_of(const TypeInfo& type) {
  std::vector<Parameter> all;
  if (type.params_schema.empty()) return all;
  const Json schema = Json::parse(type.params_schema, "schema of " + type.qualified);
  const Json* properties = schema.find("properties");
  if (!properties || !properties->object()) return all;
  for (const auto& [name, property] : *properties->object()) {
    Parameter p;
    p.name = name;
    const std::string range = range_of(property);
    p.values = kind_of(property) + (range.empty() ? "" : ", " + range);
    if (const Json* fallback = property.find("default")) p.fallback = fallback->text();
    p.required = p.fallback.empty() && is_required(schema, name);
    p.description = joined_paragraphs(text_of(property.find("description")));
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
