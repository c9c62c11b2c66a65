// The text, and the parts that several variants share.
#include "config/own_schemas.hpp"

#include "json/parse.hpp"

#include <utility>

namespace widelimit::detail {

namespace {

constexpr std::string_view text = R"({
"experiment": {"type": "object", "required": ["network"], "properties": {
  "$schema": {"type": "string", "description": "For editors; ignored."},
  "format": {"type": "integer", "enum": [1], "default": 1, "description": "Version of this format."},
  "title": {"type": "string", "default": ""},
  "seed": {"type": "integer", "minimum": 0, "default": 0,
    "description": "Chooses the rows of a shuffled split."},
  "precision": {"type": "string", "enum": ["float64", "float32"], "default": "float64",
    "description": "Arithmetic of the kernel. Solves are float64 always."},
  "plugins": {"type": "array", "items": {"type": "string"},
    "description": "Plugins to load: names on the plugin path, or files where that is allowed. Without the key: all on the path."},
  "data": {"$ref": "#/$defs/data"},
  "preprocess": {"$ref": "#/$defs/preprocess", "default": []},
  "network": {"$ref": "#/$defs/network", "description": "Layers from the input to the output."},
  "kernel": {"$ref": "#/$defs/kernel", "default": {}},
  "inference": {"$ref": "#/$defs/inference", "default": []},
  "finite": {"$ref": "#/$defs/finite"}}},

"data": {"type": "object", "required": ["train"], "properties": {
  "train": {"$ref": "#/$defs/source"},
  "test": {"$ref": "#/$defs/test_source"},
  "split": {"$ref": "#/$defs/split"}}},

"split": {"type": "object", "description": "Takes the test set from the training set.", "properties": {
  "test_fraction": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1, "default": 0.1,
    "description": "ceil(n * test_fraction) rows."},
  "shuffle": {"type": "boolean", "default": true,
    "description": "Rows chosen by the experiment's seed; else the last ones."}}},

"source_common": {
  "rows": {"type": ["string", "null"], "default": null,
    "description": "File with the numbers of the rows to take, from 0, separated by white space; null: all rows."},
  "offset": {"type": "integer", "minimum": 0, "default": 0, "description": "Rows to skip."},
  "limit": {"type": ["integer", "null"], "minimum": 1, "default": null,
    "description": "Rows to read at most; null: all."}},
"source": {
  "npy": {"type": "object", "description": "NumPy arrays [sample, site..., channel].",
    "required": ["x", "y"], "properties": {
    "x": {"type": "string", "description": "File with the samples."},
    "y": {"type": "string", "description": "File with the targets, [n] or [n, outputs]."}}},
  "npz": {"type": "object", "description": "Two arrays of one .npz archive (numpy.savez).",
    "required": ["path", "x", "y"], "properties": {
    "path": {"type": "string"},
    "x": {"type": "string", "description": "Name of the array of the samples, [sample, site..., channel]."},
    "y": {"type": "string", "description": "Name of the array of the targets, [n] or [n, outputs]."}}},
  "csv": {"type": "object", "description": "A table, plain or gzip.", "required": ["path", "target"],
    "properties": {
    "path": {"type": "string"},
    "target": {"$ref": "#/$defs/target"},
    "header": {"type": "boolean", "default": true, "description": "Is the first line names?"},
    "delimiter": {"type": ["string", "null"], "default": null,
      "description": "What separates fields, one character; a blank: white space; null: found out from the first lines."},
    "decimal": {"type": "string", "enum": [".", ","], "default": "."},
    "categories": {"$ref": "#/$defs/categories", "default": []},
    "unknown": {"type": "string", "enum": ["error", "zeros"], "default": "error",
      "description": "A word that no training sample has: refused, or none of the words."},
    "missing": {"type": "string", "enum": ["error", "drop", "mean"], "default": "error",
      "description": "A gap: refused, the row left out, or the mean with a feature that marks gaps."},
    "ignore": {"$ref": "#/$defs/columns", "default": []}}},
  "idx": {"type": "object", "description": "Images and labels as MNIST has them, plain or gzip.",
    "required": ["images", "labels"], "properties": {
    "images": {"type": "string"},
    "labels": {"type": "string"}}},
  "make_regression": {"type": "object", "description": "A random linear problem with noise.",
    "properties": {
    "n_samples": {"type": "integer", "minimum": 1, "maximum": 1000000000, "default": 100},
    "n_features": {"type": "integer", "minimum": 1, "maximum": 1000000000, "default": 100},
    "n_informative": {"type": "integer", "minimum": 0, "maximum": 1000000000,
      "description": "Features that the target depends on; 10, or all where there are fewer."},
    "noise": {"type": "number", "minimum": 0, "default": 0,
      "description": "Standard deviation of what is added to the target."},
    "seed": {"type": "integer", "minimum": 0, "default": 0}}}},

"step": {
  "standardize_x": {"type": "object", "properties": {
    "per": {"type": "string", "enum": ["feature", "all"], "default": "feature",
      "description": "Mean and deviation of each feature, or one of all."}}},
  "center_x": {"type": "object", "description": "Differences of samples stay as they are.", "properties": {
    "per": {"type": "string", "enum": ["feature", "all"], "default": "feature",
      "description": "Mean of each feature, or one of all."}}},
  "standardize_y": {"type": "object", "description": "Predictions are given in the original units."},
  "unit_norm": {"type": "object", "description": "Every sample to length 1."},
  "scale": {"type": "object", "required": ["factor"], "properties": {
    "factor": {"type": "number", "description": "What samples are multiplied by; not 0."}}},
  "zca": {"type": "object", "description": "Decorrelates the features.", "properties": {
    "regularization": {"type": "number", "minimum": 0, "default": 0}}},
  "one_hot": {"type": "object", "description": "Labels, integers or words, to one output a class.", "properties": {
    "classes": {"type": ["integer", "null"], "minimum": 2, "default": null,
      "description": "Labels are 0 to classes - 1; null: the labels of the training samples."},
    "centered": {"type": "boolean", "default": true, "description": "Minus 1/classes."},
    "names": {"type": "array", "items": {"type": "string"}, "default": [],
      "description": "What the classes are called, in the order of their labels; []: by these."}}}},

"kernel": {"type": "object", "properties": {
  "compute": {"type": "array", "minItems": 1, "items": {"type": "string", "enum": ["nngp", "ntk"]},
    "default": ["nngp", "ntk"]},
  "from": {"type": ["string", "null"], "default": null,
    "description": "Directory of an earlier run whose kernels are used again."},
  "store": {"type": "string", "enum": ["auto", "temporary", "keep", "none"], "default": "auto",
    "description": "Tile stores, from which an interrupted run goes on. auto: for kernels that are large or take long, until they are whole; temporary: for all; keep: for all, and they stay as kernel/BLOCK.store in place of .npy files."}}},

"method_common": {
  "name": {"type": "string", "description": "In file names; the method's where it is left out."},
  "learning_rate": {"type": "number", "exclusiveMinimum": 0, "default": 1},
  "diag_reg": {"$ref": "#/$defs/diag_reg", "default": 0},
  "diag_reg_absolute_scale": {"type": "boolean", "default": false,
    "description": "diag_reg is not relative."},
  "covariance": {"type": "string", "enum": ["none", "diagonal", "full"], "default": "none"},
  "solver": {"$ref": "#/$defs/solver"}},
"method": {
  "gp_inference": {"type": "object", "description": "Gaussian process regression; with the NTK, the limit of infinite training time.",
    "required": ["kernels"], "properties": {
    "kernels": {"type": "array", "minItems": 1,
      "items": {"type": "string", "enum": ["nngp", "ntk", "ntkgp"]}},
    "leave_one_out": {"type": ["boolean", "null"], "default": null,
      "description": "Error of each training sample predicted from the others; null: where diag_reg is a list or a range."}}},
  "gradient_descent_mse_ensemble": {"type": "object",
    "description": "The infinite ensemble of networks, trained by gradient descent.",
    "required": ["kernels"], "properties": {
    "kernels": {"type": "array", "minItems": 1, "items": {"type": "string", "enum": ["nngp", "ntk"]}},
    "times": {"$ref": "#/$defs/times", "default": ["inf"]}}},
  "gradient_descent_mse": {"type": "object",
    "description": "One network, trained from given initial outputs.",
    "required": ["kernels"], "properties": {
    "kernels": {"type": "array", "minItems": 1, "items": {"type": "string", "enum": ["nngp", "ntk"]}},
    "times": {"$ref": "#/$defs/times", "default": ["inf"]},
    "initial_train": {"type": ["string", "null"], "default": null,
      "description": "File (npy) with the outputs before training; null: zero."},
    "initial_test": {"type": ["string", "null"], "default": null}}}},

"range": {"type": "object", "description": "Times of a loss curve.", "required": ["start", "stop"],
  "properties": {
  "start": {"type": "number", "minimum": 0},
  "stop": {"type": "number", "minimum": 0},
  "step": {"type": "number", "exclusiveMinimum": 0, "description": "start + i step, stop excluded."},
  "num": {"type": "integer", "minimum": 2, "description": "So many, both ends included."},
  "spacing": {"type": "string", "enum": ["linear", "log"], "description": "Of num; linear where it is left out."}}},

"diag_reg_range": {"type": "object", "description": "Ridges of a path, both ends included.",
  "required": ["start", "stop", "num"], "properties": {
  "start": {"type": "number", "minimum": 0},
  "stop": {"type": "number", "minimum": 0},
  "num": {"type": "integer", "minimum": 2, "maximum": 1000},
  "spacing": {"type": "string", "enum": ["log", "linear"], "default": "log"}}},

"group": {"type": "object", "required": ["repeat", "layers"],
  "description": "Layers one after the other, so many times.", "properties": {
  "repeat": {"type": "integer", "minimum": 1},
  "layers": {"$ref": "#/$defs/network"}}},

"finite": {"type": "object", "description": "The same network at its finite widths, trained.",
  "properties": {
  "optimizer": {"$ref": "#/$defs/optimizer", "default": {}},
  "steps": {"type": "integer", "minimum": 0, "maximum": 1000000000000, "default": 1000},
  "batch_size": {"type": ["integer", "null"], "minimum": 1, "default": null,
    "description": "null: all samples."},
  "ensemble": {"type": "integer", "minimum": 1, "maximum": 1000000, "default": 1},
  "seed": {"type": "integer", "minimum": 0, "default": 0},
  "record": {"type": "string", "enum": ["log", "all"], "default": "log",
    "description": "Losses of log-spaced steps, or of all."}}},

"optimizer": {"type": "object", "properties": {
  "type": {"type": "string", "enum": ["sgd"], "default": "sgd"},
  "learning_rate": {"type": "number", "exclusiveMinimum": 0, "default": 0.1},
  "momentum": {"type": "number", "minimum": 0, "exclusiveMaximum": 1, "default": 0}}}
})";

/// Adds to every variant the key that selects it and the properties under NAME_common.
void share(Value& schemas, const std::string& name, const char* key) {
  const Value* common = schemas.find(name + "_common");
  for (Member& variant : *schemas.find(name)->object()) {
    Value::Object& schema = *variant.value.object();
    if (variant.value.find("properties") == nullptr)
      schema.push_back({"properties", {}, {.data = Value::Object{}}});
    Value::Object& properties = *variant.value.find("properties")->object();
    Value::Object is_string{{"type", {}, {.data = std::string("string")}}};
    properties.insert(properties.begin(), {key, {}, {.data = std::move(is_string)}});
    if (common != nullptr)
      properties.insert(properties.end(), common->object()->begin(), common->object()->end());
  }
  std::erase_if(*schemas.object(), [&](const Member& m) { return m.key == name + "_common"; });
}

/// Sources of test samples need no targets.
Value without_targets(Value sources) {
  for (Member& source : *sources.object()) {
    Value* const required = source.value.find("required");
    if (required == nullptr) continue;
    std::erase_if(*required->array(), [](const Value& key) {
      return *key.string() == "y" || *key.string() == "target" || *key.string() == "labels";
    });
  }
  return sources;
}

Value read_own() {
  Value schemas = literal(text);
  share(schemas, "source", "type");
  Value test_sources = without_targets(*schemas.find("source"));
  schemas.object()->push_back({"test_source", {}, std::move(test_sources)});
  share(schemas, "step", "type");
  share(schemas, "method", "method");
  return schemas;
}

}  // namespace

Value literal(std::string_view json) {
  SourceTexts texts;
  texts.add(SourceText("own schemas", std::string(json), true));
  Report report;
  std::optional<Value> value = parse_json(texts, 0, report);
  report.throw_if_any(texts);
  return std::move(*value);
}

const Value& own_schemas() {
  static const Value schemas = read_own();
  return schemas;
}

const Value& own_schema(std::string_view name) { return *own_schemas().find(name); }

std::vector<std::string> Variants::names() const {
  std::vector<std::string> all;
  for (const Member& m : *schemas->object()) all.push_back(m.key);
  return all;
}

Variants data_sources() { return {"data source", "type", &own_schema("source")}; }
Variants test_sources() { return {"data source", "type", &own_schema("test_source")}; }
Variants preprocess_steps() { return {"preprocess step", "type", &own_schema("step")}; }
Variants inference_methods() { return {"inference method", "method", &own_schema("method")}; }

}  // namespace widelimit::detail
