// See catalogue.hpp.
#include "catalogue.hpp"

#include <utility>

namespace widelimit::test {

namespace {

constexpr const char* no_params =
    R"({"type": "object", "properties": {}, "additionalProperties": false})";

TypeInfo solver(const std::string& name, const std::string& schema, bool eigen) {
  TypeInfo type = layer("com.widelimit." + name, name, schema);
  type.kind = TypeKind::solver;
  type.eigen = eigen;
  return type;
}

std::vector<TypeInfo> types() {
  const std::string dense = "com.widelimit.dense", relu = "com.widelimit.relu",
                    sin = "com.widelimit.sin", branches = "com.widelimit.branches";
  const char* wave = R"({"type": "object", "properties": {
      "a": {"type": "number", "default": 1}, "b": {"type": "number", "default": 1},
      "c": {"type": "number", "default": 0}}, "additionalProperties": false})";
  return {
      layer(dense, "dense", R"({"type": "object", "properties": {
          "width": {"type": ["integer", "null"], "minimum": 1, "default": null,
                    "description": "finite width"},
          "W_std": {"type": "number", "minimum": 0, "default": 1},
          "b_std": {"type": ["number", "null"], "minimum": 0, "default": null},
          "parameterization": {"type": "string", "enum": ["ntk", "standard"], "default": "ntk"},
          "trainable": {"type": "boolean", "default": true}}, "additionalProperties": false})"),
      layer(dense, "flatten", no_params),
      layer(dense, "identity", no_params),
      layer(relu, "relu", no_params),
      layer(relu, "abs", no_params),
      layer(relu, "leaky_relu", R"({"type": "object", "required": ["alpha"],
          "properties": {"alpha": {"type": "number"}}, "additionalProperties": false})"),
      layer(relu, "ab_relu", R"({"type": "object", "required": ["a", "b"], "properties":
          {"a": {"type": "number"}, "b": {"type": "number"}}, "additionalProperties": false})"),
      layer(sin, "sin", wave),
      layer(sin, "cos", wave),
      layer(sin, "erf", wave),
      layer(sin, "rbf", R"({"type": "object", "properties":
          {"gamma": {"type": "number", "exclusiveMinimum": 0, "default": 1}}})"),
      layer(sin, "gelu", no_params),
      layer(sin, "sign", no_params),
      layer(sin, "sigmoid_like", no_params),
      layer(sin, "layer_norm", R"({"type": "object", "properties": {
          "axis": {"type": "string", "enum": ["channel", "all"], "default": "channel"},
          "eps": {"type": "number", "minimum": 0, "default": 1e-12}}})"),
      layer(branches, "sum", no_params, 2, 0),
      layer(branches, "product", no_params, 2, 0),
      layer(branches, "concat", no_params, 2, 0),
      solver("cholesky", R"({"type": "object", "properties":
          {"residual": {"type": "boolean", "default": false}}})",
             false),
      solver("eigh", no_params, true),
  };
}

}  // namespace

TypeInfo layer(const std::string& plugin, const std::string& name, const std::string& schema,
               unsigned min_inputs, unsigned max_inputs) {
  TypeInfo type;
  type.name = name;
  type.plugin_id = plugin;
  type.qualified = plugin + "/" + name;
  type.version = type.plugin_version = "1.0.0";
  type.summary = "the layer " + name;
  type.file = "/plugins/" + plugin + ".so";
  type.params_schema = schema;
  type.min_inputs = min_inputs;
  type.max_inputs = max_inputs;
  type.infinite = type.finite = true;
  return type;
}

const Catalogue& catalogue() {
  static const Catalogue all(types());
  return all;
}

Catalogue catalogue_with(std::vector<TypeInfo> more) {
  std::vector<TypeInfo> all = types();
  for (TypeInfo& type : more) all.push_back(std::move(type));
  return Catalogue(std::move(all));
}

Catalogue catalogue_with_images() {
  const std::string image = "com.widelimit.image";
  const char* pool = R"({"type": "object", "required": ["window_shape"], "properties": {
      "window_shape": {"type": "array", "items": {"type": "integer", "minimum": 1}},
      "strides": {"type": "array", "items": {"type": "integer", "minimum": 1}, "default": []},
      "padding": {"type": "string", "enum": ["VALID", "SAME", "CIRCULAR"], "default": "VALID"},
      "normalize_edges": {"type": "boolean", "default": false}}, "additionalProperties": false})";
  return catalogue_with({
      layer(image, "conv", R"({"type": "object", "required": ["filter_shape"], "properties": {
          "channels": {"type": ["integer", "null"], "minimum": 1, "default": null},
          "filter_shape": {"type": "array", "items": {"type": "integer", "minimum": 1}},
          "strides": {"type": "array", "items": {"type": "integer", "minimum": 1}, "default": []},
          "dilation": {"type": "array", "items": {"type": "integer", "minimum": 1}, "default": []},
          "padding": {"type": "string", "enum": ["VALID", "SAME", "CIRCULAR"], "default": "VALID"},
          "W_std": {"type": "number", "minimum": 0, "default": 1},
          "b_std": {"type": ["number", "null"], "minimum": 0, "default": null},
          "parameterization": {"type": "string", "enum": ["ntk", "standard"], "default": "ntk"},
          "trainable": {"type": "boolean", "default": true}}, "additionalProperties": false})"),
      layer(image, "avg_pool", pool),
      layer(image, "sum_pool", pool),
      layer(image, "global_avg_pool", no_params),
      layer(image, "global_sum_pool", no_params),
  });
}

std::string problems_of(const std::function<void()>& reading) {
  try {
    reading();
    return {};
  } catch (const Error& e) {
    return e.code() == ErrorCode::usage ? e.what() : "not an error of usage";
  }
}

std::string problems_of(std::string_view text, const std::vector<std::string>& overrides) {
  return problems_of([&] { static_cast<void>(read(text, overrides)); });
}

std::string experiment_with(const std::string& section) {
  return "{\"network\": [\"dense\"],\n" + section + "}";
}

std::string experiment_of(const std::string& network) { return "{\"network\": " + network + "}"; }

Experiment read(std::string_view text, const std::vector<std::string>& overrides) {
  return ExperimentText::parse(text, overrides).validate(catalogue());
}

}  // namespace widelimit::test
