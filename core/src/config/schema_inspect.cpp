// Is a plugin's schema inside the subset, and does it make sense?
#include "names.hpp"
#include "parse.hpp"
#include "schema.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace widelimit::detail {

namespace {

const std::vector<std::string>& keywords() {
  static const std::vector<std::string> names{
      "type",    "properties",       "required", "additionalProperties", "items",    "enum",
      "minimum", "exclusiveMinimum", "maximum",  "exclusiveMaximum",     "minItems", "maxItems",
      "default", "description"};
  return names;
}

const std::vector<std::string>& types() {
  static const std::vector<std::string> names{"number", "integer", "boolean", "string",
                                              "array",  "object",  "null"};
  return names;
}

bool is_among(const std::string& name, const std::vector<std::string>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// How many values the smallest value that a schema accepts is made of, roughly.
double least_values(const Value& schema) {
  double count = 1;
  const Value *least = schema.find("minItems"), *items = schema.find("items");
  if (least != nullptr)
    count += static_cast<double>(*least->integer()) * (items != nullptr ? least_values(*items) : 1);
  if (const Value* properties = schema.find("properties"))
    for (const Member& m : *properties->object()) count += least_values(m.value);
  return count;
}

class Inspection {
 public:
  explicit Inspection(Report& report) : report_(report) {}

  void any(const Value& schema, const std::string& pointer) {
    if (schema.object() == nullptr) {
      report_.add(schema, pointer, "a schema is an object, got " + shown(schema));
      return;
    }
    const std::size_t before = report_.size();
    for (const Member& m : *schema.object()) keyword(m, pointer);
    if (report_.size() != before) return;  // what follows needs sound keywords
    required(schema, pointer);
    ranges(schema, pointer);
    choices(schema, pointer);
    if (report_.size() != before) return;
    if (const Value* filled = schema.find("default"))
      static_cast<void>(
          conform(schema, *filled, child(pointer, "default"), {"this schema"}, report_));
  }

  /// What holds for parameters as a whole, beside what holds for every schema.
  void whole(const Value& schema) {
    const Value* type = schema.find("type");
    if (type != nullptr && (type->string() == nullptr || *type->string() != "object"))
      report_.add(*type, "/type", "parameters are an object, got " + shown(*type));
    constexpr double most = 10000;
    if (least_values(schema) > most)
      report_.add(schema, {}, "no parameters are that long: the shortest have over 10,000 values");
    if (const Value* properties = schema.find("properties"))
      for (const Member& m : *properties->object())
        if (is_among(m.key, {"type", "name", "inputs", "repeat", "layers"}))
          report_.add(m.origin, child("/properties", m.key),
                      "the key " + in_quotes(m.key) + " is core's own; give the parameter another");
  }

 private:
  void keyword(const Member& m, const std::string& pointer) {
    const std::string at = child(pointer, m.key);
    const auto demand = [&](bool holds, const char* what) {
      if (!holds)
        report_.add(m.value, at, in_quotes(m.key) + " must be " + what + ", got " + shown(m.value));
    };
    if (!is_among(m.key, keywords())) {
      report_.add(m.origin, at,
                  "the keyword " + in_quotes(m.key) + " is outside the subset" +
                      did_you_mean(m.key, keywords()) + "   (" + listed(keywords()) + ")");
    } else if (m.key == "type") {
      demand(
          m.value.string() != nullptr || (m.value.array() != nullptr && !m.value.array()->empty()),
          "the name of a type or a list of such");
      if (m.value.string() != nullptr) type_name(m.value, at);
      if (m.value.array() != nullptr)
        for (std::size_t i = 0; i < m.value.array()->size(); ++i)
          type_name((*m.value.array())[i], child(at, i));
    } else if (m.key == "properties") {
      demand(m.value.object() != nullptr, "an object");
      if (m.value.object() != nullptr)
        for (const Member& property : *m.value.object())
          any(property.value, child(at, property.key));
    } else if (m.key == "items") {
      any(m.value, at);
    } else if (m.key == "required") {
      const auto* names = m.value.array();
      demand(names != nullptr && std::all_of(names->begin(), names->end(),
                                             [](const Value& v) { return v.string() != nullptr; }),
             "a list of names");
    } else if (m.key == "additionalProperties") {
      demand(m.value.boolean() != nullptr, "true or false");
    } else if (m.key == "enum") {
      demand(m.value.array() != nullptr && !m.value.array()->empty(), "a list of values");
    } else if (m.key == "minItems" || m.key == "maxItems") {
      demand(m.value.integer() && *m.value.integer() >= 0, "an integer >= 0");
    } else if (m.key == "description") {
      demand(m.value.string() != nullptr, "a string");
    } else if (m.key != "default") {
      demand(m.value.number().has_value(), "a number");
    }
  }

  void type_name(const Value& name, const std::string& pointer) {
    if (name.string() == nullptr || !is_among(*name.string(), types()))
      report_.add(name, pointer,
                  "no type " + shown(name) +
                      (name.string() != nullptr ? did_you_mean(*name.string(), types()) : "") +
                      "   (" + listed(types()) + ")");
  }

  void required(const Value& schema, const std::string& pointer) {
    const Value* names = schema.find("required");
    if (names == nullptr) return;
    const Value* properties = schema.find("properties");
    for (std::size_t i = 0; i < names->array()->size(); ++i) {
      const Value& name = (*names->array())[i];
      const Value* property = properties != nullptr ? properties->find(*name.string()) : nullptr;
      const std::string at = child(child(pointer, "required"), i);
      if (property == nullptr)
        report_.add(name, at, shown(name) + " is required and not among the properties");
      else if (property->find("default") != nullptr)
        report_.add(name, at, shown(name) + " is required and has a default: choose one of both");
    }
  }

  void ranges(const Value& schema, const std::string& pointer) {
    const Bounds b = bounds_of(schema);
    const bool excluded = b.low_excluded || b.high_excluded;
    const bool no_integer = !admits(schema, "number") && admits(schema, "integer") &&
                            (b.high_excluded ? std::ceil(b.high) - 1 : std::floor(b.high)) <
                                (b.low_excluded ? std::floor(b.low) + 1 : std::ceil(b.low));
    if (b.low > b.high || (excluded && b.low == b.high) || no_integer)
      report_.add(schema, pointer, "no number lies between these limits");
    const Value *least = schema.find("minItems"), *most = schema.find("maxItems");
    if (least != nullptr && most != nullptr && *least->integer() > *most->integer())
      report_.add(schema, pointer, "\"minItems\" is larger than \"maxItems\"");
  }

  void choices(const Value& schema, const std::string& pointer) {
    const Value* values = schema.find("enum");
    if (values == nullptr) return;
    Value without = schema;  // the other keywords alone
    std::erase_if(*without.object(),
                  [](const Member& m) { return m.key == "enum" || m.key == "default"; });
    for (std::size_t i = 0; i < values->array()->size(); ++i)
      static_cast<void>(conform(without, (*values->array())[i], child(child(pointer, "enum"), i),
                                {"this schema"}, report_));
  }

  Report& report_;
};

}  // namespace

Schema read_schema(std::string_view text) {
  SourceTexts texts;
  texts.add(SourceText({}, std::string(text), true));
  Report report;
  Schema schema{.value = parse_json(texts, 0, report), .problems = {}};
  if (schema.value && report.empty()) {
    Inspection inspection(report);
    inspection.any(*schema.value, {});
    if (report.empty()) inspection.whole(*schema.value);
  }
  schema.problems = report.problems(texts);
  if (!schema.problems.empty()) schema.value.reset();
  return schema;
}

}  // namespace widelimit::detail
