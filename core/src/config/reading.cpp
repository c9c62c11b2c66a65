// Finds variants and types by name, and explains unknown names.
#include "config/reading.hpp"

#include "config/known_layers.hpp"
#include "text/names.hpp"
#include "text/quoting.hpp"

#include <algorithm>
#include <set>

namespace widelimit::detail {

namespace {

std::string_view noun(TypeKind kind) { return kind == TypeKind::layer ? "layer" : "solver"; }

std::string file_or_id(const TypeInfo& type) {
  return type.plugin_id + " (" + (type.file.empty() ? "part of the program" : type.file) + ")";
}

/// "12 types from 3 plugins; see `widelimit plugins`"
std::string census(const Catalogue& catalogue, TypeKind kind) {
  std::set<std::string> plugins;
  for (const TypeInfo& type : catalogue.types())
    if (type.kind == kind) plugins.insert(type.plugin_id);
  return count_text(catalogue.names(kind).size(), "type") + " from " +
         count_text(plugins.size(), "plugin") + "; see `widelimit plugins`";
}

std::string ambiguity(const Catalogue& catalogue, TypeKind kind, const std::string& name) {
  std::vector<std::string> plugins, qualified;
  for (const TypeInfo& type : catalogue.types())
    if (type.kind == kind && type.name == name) {
      plugins.push_back(file_or_id(type));
      qualified.push_back(in_quotes(type.qualified));
    }
  std::string text = std::string(noun(kind)) + " type " + in_quotes(name) + " is offered by ";
  for (std::size_t i = 0; i < plugins.size(); ++i) text += (i == 0 ? "" : " and ") + plugins[i];
  text += "; write ";
  for (std::size_t i = 0; i < qualified.size(); ++i) text += (i == 0 ? "" : " or ") + qualified[i];
  return text;
}

}  // namespace

Place Reading::place(const Value& value, std::string pointer) const {
  Problem at = texts_.problem(value.origin, std::move(pointer), {});
  return {std::move(at.pointer), at.line, at.column};
}

std::filesystem::path Reading::path(const Value& text, const std::string& pointer,
                                    const char* what) {
  if (text.string()->empty())
    report.add(text, pointer, std::string("must be ") + what + ", got \"\"");
  return folder_ / *text.string();
}

bool Reading::conforms(const Value& schema, Value& value, const std::string& pointer,
                       const Wording& wording) {
  const std::size_t before = report.size();
  value = conform(schema, value, pointer, wording, report);
  return report.size() == before;
}

const std::string* Reading::naming_key(const Value& object, std::string_view key,
                                       const std::string& pointer, const std::string& what) {
  if (object.is_reported()) return nullptr;
  if (object.object() == nullptr) {
    report.add(
        object, pointer,
        "must be an object with " + in_quotes(key) + ", " + what + ", got " + short_json(object));
    return nullptr;
  }
  const Value* name = object.find(key);
  if (name == nullptr) {
    std::vector<std::string> keys;
    for (const Member& m : *object.object()) keys.push_back(m.key);
    const std::string suggestion = report.full() ? "" : nearest_name(key, keys);
    report.add(
        object, child(pointer, key),
        "is missing: " + what +
            (suggestion.empty() ? "" : "; is " + in_quotes(suggestion) + " a misspelling of it?"));
    return nullptr;
  }
  if (name->string() != nullptr) return name->string();
  report.add(*name, child(pointer, key), "must be " + what + ", got " + short_json(*name));
  return nullptr;
}

const Value* Reading::variant(const Variants& variants, const Value& object,
                              const std::string& pointer) {
  const std::vector<std::string> names = variants.names();
  const std::string* name =
      naming_key(object, variants.key, pointer,
                 "the " + std::string(variants.noun) + ", one of " + list_text(names));
  if (name == nullptr) return nullptr;
  if (const Value* schema = variants.schemas->find(*name)) return schema;
  report.add(*object.find(variants.key), child(pointer, variants.key),
             "no " + std::string(variants.noun) + " " + in_quotes(*name) +
                 (report.full() ? "" : did_you_mean(*name, names)) + "   (" + list_text(names) +
                 ")");
  return nullptr;
}

const TypeInfo* Reading::type(TypeKind kind, const std::string& name, const Value& at,
                              const std::string& pointer) {
  bool ambiguous = false;
  if (const TypeInfo* found = catalogue_.find(kind, name, &ambiguous)) return found;
  if (ambiguous) {
    report.add(at, pointer, ambiguity(catalogue_, kind, name));
    return nullptr;
  }
  std::string message = "no " + std::string(noun(kind)) + " type " + in_quotes(name);
  if (!report.full()) {
    std::vector<std::string> candidates = catalogue_.names(kind);
    if (name.find('/') != std::string::npos)
      for (const TypeInfo& type : catalogue_.types())
        if (type.kind == kind) candidates.push_back(type.qualified);
    const TypeKind other = kind == TypeKind::layer ? TypeKind::solver : TypeKind::layer;
    const KnownLayer* const known = kind == TypeKind::layer ? known_layer(name) : nullptr;
    if (catalogue_.find(other, name) != nullptr)
      message += "; it is a " + std::string(noun(other));
    else if (known != nullptr && (known->nearest.empty() ||
                                  catalogue_.find(kind, std::string(known->nearest)) != nullptr))
      message += advice(*known);
    else
      message += did_you_mean(name, candidates);
    message += "   (" + census(catalogue_, kind) + ")";
  }
  report.add(at, pointer, std::move(message));
  return nullptr;
}

const Value* Reading::params_schema(const TypeInfo& type, const Value& at,
                                    const std::string& pointer) {
  auto known = schemas_.find(&type);
  if (known == schemas_.end()) {
    Schema schema = read_schema(type.params_schema);
    if (!schema.problems.empty())
      report.add(at, pointer,
                 "the plugin " + file_or_id(type) + " describes the parameters of " +
                     in_quotes(type.name) + " wrongly: " + schema.problems.front().text() +
                     "; tell its author (`widelimit verify` finds this)");
    known = schemas_.emplace(&type, std::move(schema.value)).first;
  }
  return known->second ? &*known->second : nullptr;
}

bool Reading::usable_name(const Value& name, const std::string& pointer) {
  const std::string& text = *name.string();
  constexpr std::size_t longest = 100;
  const bool usable = !text.empty() && text.size() <= longest && text.front() != '.' &&
                      std::all_of(text.begin(), text.end(), [](char c) {
                        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                               (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '+' ||
                               c == '.';
                      });
  if (!usable)
    report.add(
        name, pointer,
        "must be up to 100 letters, digits, _ - + or . (it becomes part of file names), got " +
            in_quotes(text));
  return usable;
}

double number_of(const Value& object, std::string_view key) { return *object.find(key)->number(); }
std::int64_t integer_of(const Value& object, std::string_view key) {
  return *object.find(key)->integer();
}
bool boolean_of(const Value& object, std::string_view key) { return *object.find(key)->boolean(); }
const std::string& string_of(const Value& object, std::string_view key) {
  return *object.find(key)->string();
}
const Value* value_or_null(const Value& object, std::string_view key) {
  const Value* value = object.find(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

void set_member(Value& object, std::string_view key, Value value, bool first) {
  if (Value* present = object.find(key)) {
    *present = std::move(value);
    return;
  }
  Value::Object& members = *object.object();
  const Origin origin = value.origin;
  members.insert(first ? members.begin() : members.end(),
                 {std::string(key), origin, std::move(value)});
}

void name_to_object(Value& value) {
  if (value.string() == nullptr) return;
  Value object{.data = Value::Object{}, .origin = value.origin};
  set_member(object, "type", std::move(value));
  value = std::move(object);
}

std::string see_type(const std::string& type) { return "see `widelimit describe " + type + "`"; }

}  // namespace widelimit::detail
