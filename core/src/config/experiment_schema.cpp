// One JSON Schema (draft 2020-12) for whole experiment files: core's own part, completed by a
// description of every layer and solver in the catalogue.
#include <widelimit/experiment/experiment.hpp>

#include "config/own_schemas.hpp"
#include "config/reading.hpp"

#include <algorithm>
#include <utility>

namespace widelimit {

namespace detail {

namespace {

Value string_value(std::string text) { return {.data = std::move(text)}; }
Value list_value(std::vector<Value> items) { return {.data = std::move(items)}; }
Value object_value(Value::Object members) { return {.data = std::move(members)}; }

Value one_of_names(const std::vector<std::string>& names) {
  std::vector<Value> values;
  for (const std::string& name : names) values.push_back(string_value(name));
  return object_value({{"enum", {}, list_value(std::move(values))}});
}

/// Refuses unknown keys, as core does, unless the schema says otherwise.
void close(Value& schema) {
  if (Value* properties = schema.find("properties"))
    for (Member& m : *properties->object()) close(m.value);
  if (Value* items = schema.find("items")) close(*items);
  const Value* type = schema.find("type");
  const bool is_object =
      type != nullptr && type->string() != nullptr && *type->string() == "object";
  if ((is_object || schema.find("properties") != nullptr) &&
      schema.find("additionalProperties") == nullptr)
    set_member(schema, "additionalProperties", {.data = false});
}

/// Puts `value` in front of the properties of `schema`, and `key` among the required.
void require(Value& schema, const std::string& key, Value value) {
  if (schema.find("properties") == nullptr) set_member(schema, "properties", object_value({}));
  set_member(*schema.find("properties"), key, std::move(value), true);
  if (schema.find("required") == nullptr) set_member(schema, "required", list_value({}));
  Value::Array& required = *schema.find("required")->array();
  required.insert(required.begin(), string_value(key));
}

bool has_required(const Value& schema) {
  const Value* required = schema.find("required");
  return required != nullptr && !required->array()->empty();
}

/// Objects of several kinds. With `bare`, a name alone stands for a kind without required keys.
Value any_of(const Variants& variants, bool bare) {
  std::vector<Value> all;
  std::vector<std::string> names;
  for (const Member& variant : *variants.schemas->object()) {
    Value schema = variant.value;
    if (!has_required(schema)) names.push_back(variant.key);
    require(schema, std::string(variants.key),
            object_value({{"const", {}, string_value(variant.key)}}));
    all.push_back(std::move(schema));
  }
  if (bare) all.insert(all.begin(), one_of_names(names));
  for (Value& schema : all) close(schema);
  return object_value({{"anyOf", {}, list_value(std::move(all))}});
}

/// Layers or solvers: by their names, or as objects.
class Types {
 public:
  Types(const Catalogue& catalogue, TypeKind kind) : catalogue_(catalogue), kind_(kind) {
    for (const TypeInfo& type : catalogue.types())
      if (type.kind == kind) add(type);
  }

  Value schema(std::vector<Value> more) && {
    all_.insert(all_.begin(), one_of_names(bare_));
    if (bare_.empty()) all_.erase(all_.begin());
    for (Value& schema : more) all_.push_back(std::move(schema));
    return object_value({{"anyOf", {}, list_value(std::move(all_))}});
  }

 private:
  void add(const TypeInfo& type) {
    const Schema read = read_schema(type.params_schema);
    if (!read.value) return;  // an experiment that uses it is refused
    Value schema = *read.value;
    std::vector<std::string> names{type.qualified};
    if (catalogue_.find(kind_, type.name) != nullptr) names.insert(names.begin(), type.name);
    const bool several = kind_ == TypeKind::layer && type.max_inputs != 1;
    if (!has_required(schema) && !several) bare_.insert(bare_.end(), names.begin(), names.end());
    set_member(schema, "type", string_value("object"), true);
    if (several) require(schema, "inputs", inputs(type));
    require(schema, "type", one_of_names(names));
    if (kind_ == TypeKind::layer) {
      Value& properties = *schema.find("properties");
      set_member(properties, "name", literal(R"({"type": "string"})"));
      set_member(properties, "repeat", literal(R"({"type": "integer", "minimum": 1})"));
    }
    if (schema.find("description") == nullptr)
      set_member(schema, "description", string_value(type.summary));
    close(schema);
    all_.push_back(std::move(schema));
  }

  static Value inputs(const TypeInfo& type) {
    Value schema = literal(R"({"type": "array", "items": {"$ref": "#/$defs/branch"}})");
    set_member(schema, "minItems", {.data = std::int64_t{std::max(1U, type.min_inputs)}});
    if (type.max_inputs != 0)
      set_member(schema, "maxItems", {.data = std::int64_t{type.max_inputs}});
    return schema;
  }

  const Catalogue& catalogue_;
  TypeKind kind_;
  std::vector<Value> all_;
  std::vector<std::string> bare_;
};

/// The parts that the subset cannot express.
constexpr std::string_view composed = R"({
"network": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/layer"}},
"branch": {"type": "array", "items": {"$ref": "#/$defs/layer"},
  "description": "A network that is applied to the input of this layer; [] passes the input on unchanged."},
"preprocess": {"type": "array", "items": {"$ref": "#/$defs/step"}},
"inference": {"type": "array", "items": {"$ref": "#/$defs/method"}},
"column": {"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 0}]},
"columns": {"description": "Columns that are not read, by name, or by index from 0.",
  "type": "array", "uniqueItems": true, "items": {"$ref": "#/$defs/column"}},
"categories": {"description": "Columns of words, by name, or by index from 0; each word becomes one feature. auto: all columns of words.",
  "anyOf": [{"const": "auto"}, {"type": "array", "uniqueItems": true, "items": {"$ref": "#/$defs/column"}}]},
"target": {"description": "Columns by name, or by index from 0.", "anyOf": [
  {"$ref": "#/$defs/column"},
  {"type": "array", "minItems": 1, "uniqueItems": true, "items": {"$ref": "#/$defs/column"}}]},
"times": {"description": "A list gives predictions and losses, a range losses alone.", "anyOf": [
  {"type": "array", "minItems": 1,
   "items": {"anyOf": [{"type": "number", "minimum": 0}, {"const": "inf"}]}},
  {"$ref": "#/$defs/range"}]},
"diag_reg": {"description": "Added to the diagonal, relative to its mean. Of gp_inference also a list or a range: predictions for each from one eigendecomposition.",
  "anyOf": [{"type": "number", "minimum": 0},
  {"type": "array", "minItems": 1, "maxItems": 1000, "items": {"type": "number", "minimum": 0}},
  {"$ref": "#/$defs/diag_reg_range"}]}
})";

}  // namespace

}  // namespace detail

std::string experiment_schema(const Catalogue& catalogue) {
  using namespace detail;
  Value definitions = literal(composed);
  const auto define = [&](const std::string& name, Value schema) {
    set_member(definitions, name, std::move(schema));
  };
  for (const char* name :
       {"data", "split", "kernel", "range", "diag_reg_range", "group", "finite"}) {
    Value schema = own_schema(name);
    close(schema);
    define(name, std::move(schema));
  }
  set_member(*definitions.find("data"), "not", literal(R"({"required": ["test", "split"]})"));
  set_member(*definitions.find("range"), "oneOf",
             literal(R"([{"required": ["step"]}, {"required": ["num"]}])"));
  Value optimizer = own_schema("optimizer");
  close(optimizer);
  define("optimizer",
         object_value({{"anyOf", {}, list_value({one_of_names({"sgd"}), std::move(optimizer)})}}));
  define("source", any_of(data_sources(), false));
  define("test_source", any_of(test_sources(), false));
  define("step", any_of(preprocess_steps(), true));
  define("method", any_of(inference_methods(), false));
  define("layer",
         Types(catalogue, TypeKind::layer).schema({literal(R"({"$ref": "#/$defs/group"})")}));
  define("solver", Types(catalogue, TypeKind::solver).schema({}));

  Value schema = own_schema("experiment");
  close(schema);
  set_member(schema, "title", string_value("widelimit experiment"), true);
  set_member(schema, "$schema", string_value("https://json-schema.org/draft/2020-12/schema"), true);
  set_member(schema, "$defs", std::move(definitions));
  return to_json(schema, 2);
}

}  // namespace widelimit
