// The schema of whole experiment files: complete, closed, and every reference leads somewhere.
#include "catalogue.hpp"

#include "json/parse.hpp"
#include "json/value.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>

namespace widelimit {

using detail::Member;
using detail::Value;

namespace {

Value schema_of(const Catalogue& catalogue) {
  detail::SourceTexts texts;
  texts.add(detail::SourceText("schema", experiment_schema(catalogue), true));
  detail::Report report;
  auto schema = detail::parse_json(texts, 0, report);
  REQUIRE(schema);
  REQUIRE(report.empty());
  return *schema;
}

/// Calls f with every object in it.
void for_each_object(const Value& value, const std::function<void(const Value&)>& f) {
  if (const auto* items = value.array())
    for (const Value& item : *items) for_each_object(item, f);
  if (const auto* members = value.object()) {
    f(value);
    for (const Member& m : *members) for_each_object(m.value, f);
  }
}

/// The object of `list` whose "type" may be `name`.
const Value* variant(const Value& list, const std::string& name) {
  const Value* found = nullptr;
  for_each_object(list, [&](const Value& object) {
    const Value* type = detail::resolve(object, "/properties/type");
    if (type == nullptr) return;
    const Value* word = type->find("const");
    if (const Value* words = type->find("enum")) word = &words->array()->front();
    if (word != nullptr && word->string() != nullptr && *word->string() == name) found = &object;
  });
  return found;
}

}  // namespace

TEST_CASE("every reference in the schema leads to a definition") {
  const Value schema = schema_of(test::catalogue());
  int references = 0;
  for_each_object(schema, [&](const Value& object) {
    const Value* reference = object.find("$ref");
    if (reference == nullptr || reference->string() == nullptr) return;
    ++references;
    REQUIRE(reference->string()->front() == '#');
    CHECK_MESSAGE(detail::resolve(schema, reference->string()->substr(1)) != nullptr,
                  *reference->string());
  });
  CHECK(references > 20);
}

TEST_CASE("every object that the schema describes refuses unknown keys, as validation does") {
  for_each_object(schema_of(test::catalogue()), [](const Value& object) {
    if (object.find("properties") == nullptr || object.find("properties")->object() == nullptr)
      return;
    if (object.find("type") == nullptr || object.find("type")->string() == nullptr) return;
    REQUIRE(object.find("additionalProperties") != nullptr);
    CHECK_FALSE(*object.find("additionalProperties")->boolean());
  });
}

TEST_CASE("every type of the catalogue is in the schema with its parameters and core's own keys") {
  const Value schema = schema_of(test::catalogue());
  for (const TypeInfo& type : test::catalogue().types()) {
    const char* where = type.kind == TypeKind::layer ? "/$defs/layer" : "/$defs/solver";
    const Value* object = variant(*detail::resolve(schema, where), type.name);
    REQUIRE_MESSAGE(object != nullptr, type.name);
    CHECK((detail::resolve(*object, "/properties/repeat") != nullptr) ==
          (type.kind == TypeKind::layer));
    CHECK((detail::resolve(*object, "/properties/inputs") != nullptr) == (type.max_inputs != 1));
  }
  const Value* dense = variant(*detail::resolve(schema, "/$defs/layer"), "dense");
  CHECK(*detail::resolve(*dense, "/properties/W_std/minimum")->integer() == 0);
  CHECK(*detail::resolve(*dense, "/description")->string() == "the layer dense");
}

TEST_CASE("only layers without required keys may be a name alone") {
  const Value schema = schema_of(test::catalogue());
  const Value& names = *detail::resolve(schema, "/$defs/layer/anyOf/0/enum");
  const auto has = [&](const char* name) {
    return detail::to_json(names).find(std::string("\"") + name + "\"") != std::string::npos;
  };
  CHECK(has("relu"));
  CHECK(has("dense"));
  CHECK_FALSE(has("leaky_relu"));
  CHECK_FALSE(has("sum"));
}

TEST_CASE("a name of two plugins is in the schema only in its qualified form") {
  const Value schema = schema_of(
      test::catalogue_with({test::layer("com.example.erf", "erf", "{\"type\": \"object\"}")}));
  const std::string layers = detail::to_json(*detail::resolve(schema, "/$defs/layer"));
  CHECK(layers.find("\"erf\"") == std::string::npos);
  CHECK(layers.find("\"com.example.erf/erf\"") != std::string::npos);
  CHECK(layers.find("\"com.widelimit.sin/erf\"") != std::string::npos);
}

TEST_CASE("the schema of an empty catalogue still describes everything else") {
  const Value schema = schema_of(Catalogue{});
  CHECK(variant(*detail::resolve(schema, "/$defs/source"), "npy") != nullptr);
  CHECK(variant(*detail::resolve(schema, "/$defs/step"), "zca") != nullptr);
  CHECK(detail::resolve(schema, "/$defs/layer/anyOf/0/$ref") != nullptr);
}

}  // namespace widelimit
