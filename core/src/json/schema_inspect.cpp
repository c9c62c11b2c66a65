// Checks that a plugin's schema belongs to the subset of sdk/docs/schema-subset.md and is
// consistent.
#include "json/parse.hpp"
#include "json/schema.hpp"
#include "text/names.hpp"
#include "text/quoting.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace widelimit::detail {

namespace {

using Names = std::vector<std::string>;

const Names scalar_types{"number", "integer", "boolean", "string"};
const Names property_types{"number", "integer", "boolean", "string", "array"};
const Names item_types{"number", "integer", "string"};
const Names own_keys{"type", "name", "inputs", "repeat"};

bool is_among(const std::string& name, const Names& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_string(const Value* value) { return value != nullptr && value->string() != nullptr; }

/// The one type of a property besides null; empty where "type" is malformed.
std::string type_of(const Value& schema) {
  const Value* type = schema.find("type");
  if (is_string(type)) return *type->string();
  if (type == nullptr || type->array() == nullptr || type->array()->size() != 2) return {};
  const Value &a = type->array()->front(), &b = type->array()->back();
  if (!is_string(&a) || !is_string(&b) || (*a.string() == "null") == (*b.string() == "null"))
    return {};
  const std::string& other = *a.string() == "null" ? *b.string() : *a.string();
  return is_among(other, scalar_types) ? other : std::string();
}

/// The keywords that are allowed with a type.
Names keywords_of(const std::string& type, bool is_item) {
  Names names{"type"};
  if (type == "number" || type == "integer")
    names.insert(names.end(), {"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"});
  if (type == "string") names.emplace_back("enum");
  if (type == "array") names.insert(names.end(), {"items", "minItems", "maxItems"});
  if (!is_item) names.insert(names.end(), {"default", "description"});
  return names;
}

class Inspection {
 public:
  explicit Inspection(Report& report) : report_(report) {}

  void inspect(const Value& schema) {
    if (schema.object() == nullptr)
      return add(schema, {}, "a schema is an object, got " + short_json(schema));
    const Names allowed{"type", "properties", "required", "additionalProperties", "description"};
    for (const Member& m : *schema.object()) {
      const std::string at = child({}, m.key);
      if (!is_among(m.key, allowed))
        refuse_keyword(m, at, allowed);
      else if (m.key == "type")
        demand(is_string(&m.value) && *m.value.string() == "object", m, at, "\"object\"");
      else if (m.key == "additionalProperties")
        demand(m.value.boolean() != nullptr && !*m.value.boolean(), m, at, "false");
      else if (m.key == "description")
        demand(is_string(&m.value), m, at, "a string");
    }
    const Value* properties = schema.find("properties");
    if (properties != nullptr && properties->object() == nullptr)
      add(*properties, "/properties", "must be an object, got " + short_json(*properties));
    else if (properties != nullptr)
      for (const Member& m : *properties->object()) parameter(m);
    required(schema, properties);
  }

 private:
  void add(const Value& at, const std::string& pointer, const std::string& message) {
    report_.add(at, pointer, message);
  }

  void demand(bool holds, const Member& m, const std::string& pointer, const std::string& what) {
    if (!holds) add(m.value, pointer, "must be " + what + ", got " + short_json(m.value));
  }

  void refuse_keyword(const Member& m, const std::string& pointer, const Names& allowed) {
    report_.add(m.origin, pointer,
                "the keyword " + in_quotes(m.key) + " cannot stand here" +
                    did_you_mean(m.key, allowed) + "   (the subset has " + list_text(allowed) +
                    ")");
  }

  void parameter(const Member& m) {
    const std::string at = child("/properties", m.key);
    if (is_among(m.key, own_keys))
      report_.add(m.origin, at,
                  "the key " + in_quotes(m.key) + " is the host's own; give the parameter another");
    property(m.value, at, false);
  }

  void property(const Value& schema, const std::string& pointer, bool is_item) {
    if (schema.object() == nullptr)
      return add(schema, pointer, "a schema is an object, got " + short_json(schema));
    const std::string type = type_of(schema);
    const Names& types = is_item ? item_types : property_types;
    const Value* written = schema.find("type");
    if (!is_among(type, types)) {
      const std::string suggestion =
          is_string(written) ? did_you_mean(*written->string(), types) : "";
      return add(
          written != nullptr ? *written : schema, child(pointer, "type"),
          (written != nullptr ? "must be a type, got " + short_json(*written) : "is missing") +
              suggestion + "   (" + list_text(types) +
              (is_item ? ")" : "; or a list of one that is no array and \"null\")"));
    }
    if (is_item && written->array() != nullptr)
      add(*written, child(pointer, "type"), "an item cannot be null");
    const std::size_t before = report_.size();
    const Names allowed = keywords_of(type, is_item);
    for (const Member& m : *schema.object()) keyword(m, child(pointer, m.key), allowed);
    if (type == "array" && schema.find("items") == nullptr)
      add(schema, child(pointer, "items"), "is missing: what every entry is");
    if (report_.size() != before) return;  // the checks below need valid keywords
    limits(schema, type, pointer);
    choices(schema, pointer);
    const Value* filled = schema.find("default");
    if (filled != nullptr && report_.size() == before)
      static_cast<void>(
          conform(schema, *filled, child(pointer, "default"), {"this schema"}, report_));
  }

  void keyword(const Member& m, const std::string& at, const Names& allowed) {
    if (!is_among(m.key, allowed))
      refuse_keyword(m, at, allowed);
    else if (m.key == "items")
      property(m.value, at, true);
    else if (m.key == "enum")
      demand(m.value.array() != nullptr && !m.value.array()->empty(), m, at, "a list of words");
    else if (m.key == "minItems" || m.key == "maxItems")
      demand(m.value.integer().value_or(-1) >= 0, m, at, "an integer >= 0");
    else if (m.key == "description")
      demand(is_string(&m.value), m, at, "a string");
    else if (m.key != "type" && m.key != "default")
      demand(m.value.number().has_value(), m, at, "a number");
  }

  void limits(const Value& schema, const std::string& type, const std::string& pointer) {
    for (const auto& [included, excluded] :
         {std::pair{"minimum", "exclusiveMinimum"}, std::pair{"maximum", "exclusiveMaximum"}})
      if (schema.find(included) != nullptr && schema.find(excluded) != nullptr)
        add(schema, child(pointer, excluded),
            std::string("stands beside \"") + included + "\"; choose one of both");
    const Bounds b = bounds_of(schema);
    const bool excluded = b.low_excluded || b.high_excluded;
    const double first = b.low_excluded ? std::floor(b.low) + 1 : std::ceil(b.low);
    const double last = b.high_excluded ? std::ceil(b.high) - 1 : std::floor(b.high);
    if (b.low > b.high || (excluded && b.low == b.high) || (type == "integer" && first > last))
      add(schema, pointer, "nothing lies between these limits");
    const Value *least = schema.find("minItems"), *most = schema.find("maxItems");
    if (least != nullptr && most != nullptr && *least->integer() > *most->integer())
      add(schema, pointer, "\"minItems\" is larger than \"maxItems\"");
    constexpr std::int64_t longest = 1000;
    if (least != nullptr && *least->integer() > longest)
      add(*least, child(pointer, "minItems"), "must be <= 1000");
  }

  void choices(const Value& schema, const std::string& pointer) {
    const Value* values = schema.find("enum");
    if (values == nullptr) return;
    const Value::Array& words = *values->array();
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string at = child(child(pointer, "enum"), i);
      if (words[i].string() == nullptr && !(words[i].is_null() && admits(schema, "null")))
        add(words[i], at, "must be a string, got " + short_json(words[i]));
      if (std::any_of(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(i),
                      [&](const Value& earlier) { return same(earlier, words[i]); }))
        add(words[i], at, short_json(words[i]) + " is given twice");
    }
  }

  /// Exactly the properties without a default are required.
  void required(const Value& schema, const Value* properties) {
    Names names;
    if (const Value* list = schema.find("required")) {
      if (list->array() == nullptr)
        return add(*list, "/required", "must be a list of names, got " + short_json(*list));
      for (std::size_t i = 0; i < list->array()->size(); ++i) {
        const Value& name = (*list->array())[i];
        const std::string at = child("/required", i);
        const Value* property =
            is_string(&name) && properties != nullptr ? properties->find(*name.string()) : nullptr;
        if (property == nullptr)
          add(name, at, "must be the name of a property, got " + short_json(name));
        else if (is_among(*name.string(), names))
          add(name, at, short_json(name) + " is given twice");
        else if (property->find("default") != nullptr)
          add(name, at, short_json(name) + " has a default, so it is not required");
        if (is_string(&name)) names.push_back(*name.string());
      }
    }
    if (properties == nullptr || properties->object() == nullptr) return;
    for (const Member& m : *properties->object())
      if (m.value.object() != nullptr && m.value.find("default") == nullptr &&
          !is_among(m.key, names))
        report_.add(m.origin, child("/properties", m.key),
                    "has no default and is not among \"required\": it must be one of both");
  }

  Report& report_;
};

}  // namespace

Schema read_schema(std::string_view text) {
  SourceTexts texts;
  texts.add(SourceText({}, std::string(text), true));
  Report report;
  Schema schema{.value = parse_json(texts, 0, report), .problems = {}};
  if (schema.value && report.empty()) Inspection(report).inspect(*schema.value);
  schema.problems = report.problems(texts);
  if (!schema.problems.empty()) schema.value.reset();
  return schema;
}

}  // namespace widelimit::detail
