// Checks a value against a schema, and describes what is wrong. This is our own code, because
// libraries for JSON Schema do not know the line on which a value was written, which every message
// names.
#include "json/schema.hpp"
#include "text/numbers.hpp"

#include "text/names.hpp"
#include "text/quoting.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

namespace widelimit::detail {

namespace {

struct TypeWords {
  std::string_view type, noun, with_article;
};
constexpr std::array<TypeWords, 7> type_words{{{"number", "number", "a number"},
                                               {"integer", "integer", "an integer"},
                                               {"boolean", "true or false", "true or false"},
                                               {"string", "string", "a string"},
                                               {"array", "list", "a list"},
                                               {"object", "object", "an object"},
                                               {"null", "null", "null"}}};

bool has_admitted_type(const Value& schema, const Value& value) {
  if (value.is_null()) return admits(schema, "null");
  if (value.boolean() != nullptr) return admits(schema, "boolean");
  if (value.string() != nullptr) return admits(schema, "string");
  if (value.array() != nullptr) return admits(schema, "array");
  if (value.object() != nullptr) return admits(schema, "object");
  return admits(schema, "number") || (admits(schema, "integer") && value.integer());
}

std::string bounds_text(const Bounds& bounds) {
  std::string text;
  if (std::isfinite(bounds.low))
    text += (bounds.low_excluded ? "> " : ">= ") + number_text(bounds.low);
  if (std::isfinite(bounds.high))
    text += (text.empty() ? "" : " and ") + std::string(bounds.high_excluded ? "< " : "<= ") +
            number_text(bounds.high);
  return text;
}

/// The types that a schema admits, joined by "or", and the bounds of a number if they are
/// requested. Empty if it admits any type.
std::string type_text(const Value& schema, std::string_view TypeWords::*form, bool with_bounds) {
  if (schema.find("type") == nullptr) return {};
  std::string text;
  for (const TypeWords& words : type_words) {
    if (!admits(schema, words.type)) continue;
    if (words.type == "integer" && admits(schema, "number")) continue;
    text += (text.empty() ? "" : " or ") + std::string(words.*form);
    if (with_bounds && (words.type == "number" || words.type == "integer"))
      if (const std::string bounds = bounds_text(bounds_of(schema)); !bounds.empty())
        text += " " + bounds;
  }
  return text;
}

class Conforming {
 public:
  Conforming(const Wording& wording, Report& report) : wording_(wording), report_(report) {}

  Value any(const Value& schema, const Value& value, const std::string& pointer) {
    // Other code checks the section that it refers to.
    if (schema.find("$ref") != nullptr) return value;
    if (value.is_reported()) return value;
    if (!has_admitted_type(schema, value)) {
      const bool too_long = value.digits && admits(schema, "integer");
      refuse(schema, value, pointer,
             "must be " + type_text(schema, &TypeWords::with_article, true) +
                 (too_long ? ", of magnitude up to 9223372036854775807" : ""),
             false);
      return value;
    }
    if (const Value* choices = schema.find("enum"))
      if (!one_of(*choices->array(), value)) {
        refuse_choice(schema, *choices->array(), value, pointer);
        return value;
      }
    if (const auto number = value.number()) check_bounds(schema, *number, value, pointer);
    if (value.array() != nullptr) return list(schema, value, pointer);
    if (value.object() != nullptr) return object(schema, value, pointer);
    return value;
  }

 private:
  static bool one_of(const Value::Array& choices, const Value& value) {
    return std::any_of(choices.begin(), choices.end(),
                       [&](const Value& choice) { return same(choice, value); });
  }

  /// `with_type`: the message must also say which types the schema admits.
  void refuse(const Value& schema, const Value& value, const std::string& pointer,
              const std::string& message, bool with_type) {
    report_.add(value, pointer,
                message + ", got " + short_json(value) + expectation(schema, wording_, with_type));
  }

  void refuse_choice(const Value& schema, const Value::Array& choices, const Value& value,
                     const std::string& pointer) {
    std::vector<std::string> texts, names;
    for (const Value& choice : choices) {
      texts.push_back(short_json(choice));
      if (choice.string() != nullptr) names.push_back(*choice.string());
    }
    std::string guess;
    if (value.string() != nullptr && !report_.full()) guess = did_you_mean(*value.string(), names);
    const std::string one_of_them = choices.size() == 1 ? "must be " : "must be one of ";
    report_.add(value, pointer,
                one_of_them + list_text(texts) + ", got " + short_json(value) + guess +
                    expectation(schema, wording_));
  }

  void check_bounds(const Value& schema, double number, const Value& value,
                    const std::string& pointer) {
    const Bounds b = bounds_of(schema);
    if (number < b.low || number > b.high || (b.low_excluded && number == b.low) ||
        (b.high_excluded && number == b.high))
      refuse(schema, value, pointer, "must be " + bounds_text(b), true);
  }

  Value list(const Value& schema, const Value& value, const std::string& pointer) {
    const Value::Array& items = *value.array();
    const auto entries = [](std::int64_t n) {
      return std::to_string(n) + (n == 1 ? " entry" : " entries");
    };
    const auto size = static_cast<std::int64_t>(items.size());
    const auto check_length = [&](const char* keyword, const char* words, auto wrong) {
      const Value* limit = schema.find(keyword);
      if (limit != nullptr && wrong(size, *limit->integer()))
        report_.add(value, pointer,
                    std::string("must have at ") + words + " " + entries(*limit->integer()) +
                        ", got " + std::to_string(size) + expectation(schema, wording_));
    };
    check_length("minItems", "least", std::less<>{});
    check_length("maxItems", "most", std::greater<>{});
    const Value* item_schema = schema.find("items");
    if (item_schema == nullptr) return value;
    Value out{.data = Value::Array{}, .origin = value.origin};
    for (std::size_t i = 0; i < items.size(); ++i)
      out.array()->push_back(any(*item_schema, items[i], child(pointer, i)));
    return out;
  }

  Value object(const Value& schema, const Value& value, const std::string& pointer) {
    static const Value none{.data = Value::Object{}};
    const Value* declared = schema.find("properties");
    const Value& properties = declared != nullptr ? *declared : none;
    const Value* additional = schema.find("additionalProperties");
    const bool open = additional != nullptr && *additional->boolean();
    Value out{.data = Value::Object{}, .origin = value.origin};
    for (const Member& m : *value.object()) {
      if (const Value* property = properties.find(m.key))
        out.object()->push_back({m.key, m.origin, any(*property, m.value, child(pointer, m.key))});
      else if (open)
        out.object()->push_back(m);
      else
        refuse_key(properties, m, pointer);
    }
    if (const Value* required = schema.find("required"))
      for (const Value& name : *required->array())
        if (value.find(*name.string()) == nullptr)
          report_.add(value, child(pointer, *name.string()),
                      "is missing" + expectation(*properties.find(*name.string()), wording_));
    for (const Member& property : *properties.object()) {
      const Value* filled = property.value.find("default");
      if (filled == nullptr || value.find(property.key) != nullptr) continue;
      out.object()->push_back(
          {property.key, value.origin,
           any(property.value, with_origin(*filled, value.origin), child(pointer, property.key))});
    }
    return out;
  }

  void refuse_key(const Value& properties, const Member& member, const std::string& pointer) {
    std::string message = "unknown key " + in_quotes(member.key);
    if (!report_.full()) {
      std::vector<std::string> keys;
      for (const Member& property : *properties.object()) keys.push_back(property.key);
      const std::string takes = wording_.owner + " takes " +
                                (keys.empty() ? "no parameters" : list_text(keys)) +
                                (wording_.see.empty() ? "" : "; " + wording_.see);
      keys.insert(keys.end(), wording_.also.begin(), wording_.also.end());
      message += did_you_mean(member.key, keys) + "   (" + takes + ")";
    }
    report_.add(member.origin, child(pointer, member.key), std::move(message));
  }

  const Wording& wording_;
  Report& report_;
};

}  // namespace

bool admits(const Value& schema, std::string_view type) {
  const Value* types = schema.find("type");
  if (types == nullptr) return true;
  const auto is = [&](const Value& name) {
    return *name.string() == type || (type == "integer" && *name.string() == "number");
  };
  if (types->string() != nullptr) return is(*types);
  return std::any_of(types->array()->begin(), types->array()->end(), is);
}

Bounds bounds_of(const Value& schema) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Bounds bounds{-infinity, infinity};
  const auto limit = [&](const char* keyword) -> std::optional<double> {
    const Value* value = schema.find(keyword);
    return value == nullptr ? std::nullopt : value->number();
  };
  if (const auto low = limit("minimum")) bounds.low = *low;
  if (const auto low = limit("exclusiveMinimum"); low && *low >= bounds.low) {
    bounds.low = *low;
    bounds.low_excluded = true;
  }
  if (const auto high = limit("maximum")) bounds.high = *high;
  if (const auto high = limit("exclusiveMaximum"); high && *high <= bounds.high) {
    bounds.high = *high;
    bounds.high_excluded = true;
  }
  return bounds;
}

std::string expectation(const Value& schema, const Wording& wording, bool with_type) {
  const bool choice = schema.find("enum") != nullptr;  // the message already lists its values
  std::string text = choice || !with_type ? "" : type_text(schema, &TypeWords::noun, false);
  if (const Value* filled = schema.find("default"); filled != nullptr && !filled->is_null())
    text += (text.empty() ? "default " : ", default ") + short_json(*filled);
  if (!wording.see.empty()) text += (text.empty() ? "" : "; ") + wording.see;
  return text.empty() ? "" : "   (" + text + ")";
}

Value conform(const Value& schema, const Value& value, const std::string& pointer,
              const Wording& wording, Report& report) {
  return Conforming(wording, report).any(schema, value, pointer);
}

}  // namespace widelimit::detail
