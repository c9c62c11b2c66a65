// Checks layers against the schemas of their plugins, and handles `repeat`, `inputs` and names,
// which belong to core.
#include "config/network_section.hpp"

#include "base/sizes.hpp"
#include "text/names.hpp"
#include "text/quoting.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace widelimit::detail {

namespace {

constexpr std::array<std::string_view, 4> own_keys{"type", "name", "inputs", "repeat"};

bool is_own(const std::string& key) {
  return std::find(own_keys.begin(), own_keys.end(), key) != own_keys.end();
}

/// The parameters that a plugin's schema describes, without the keys of core.
Value parameters_of(const Value& object) {
  Value params{.data = Value::Object{}, .origin = object.origin};
  for (const Member& m : *object.object())
    if (!is_own(m.key)) params.object()->push_back(m);
  return params;
}

/// A layer type takes several inputs if its `max_inputs` is not 1.
bool takes_several(const TypeInfo& type) { return type.max_inputs != 1; }

class Checking {
 public:
  explicit Checking(Reading& reading) : reading_(reading) {}

  /// The number of layers after unrolling.
  std::size_t network(Value& layers, const std::string& pointer, bool may_be_empty) {
    if (layers.array() == nullptr) {
      reading_.report.add(layers, pointer, "must be a list of layers, got " + short_json(layers));
      return 0;
    }
    if (layers.array()->empty() && !may_be_empty)
      reading_.report.add(layers, pointer, "must have at least 1 layer, got none");
    std::size_t count = 0;
    for (std::size_t i = 0; i < layers.array()->size(); ++i)
      count += layer_or_group((*layers.array())[i], child(pointer, i));
    return count;
  }

 private:
  std::size_t layer_or_group(Value& entry, const std::string& pointer) {
    const bool bare = entry.string() != nullptr;
    name_to_object(entry);
    const bool group = entry.find("type") == nullptr &&
                       (entry.find("layers") != nullptr || entry.find("repeat") != nullptr);
    const std::size_t once = group ? this->group(entry, pointer) : layer(entry, bare, pointer);
    return repeated(entry, once, pointer);
  }

  std::size_t group(Value& entry, const std::string& pointer) {
    reading_.conforms(own_schema("group"), entry, pointer, {"a repeated group"});
    Value* layers = entry.find("layers");
    return layers == nullptr ? 0 : network(*layers, child(pointer, "layers"), false);
  }

  std::size_t repeated(const Value& entry, std::size_t once, const std::string& pointer) {
    const Value* repeat = entry.find("repeat");
    const auto times = repeat != nullptr ? repeat->integer().value_or(1) : 1;
    if (once == 0 || times <= 0) return 0;
    if (to_size(times) > max_layers / once) {
      reading_.report.add(repeat != nullptr ? *repeat : entry,
                          repeat != nullptr ? child(pointer, "repeat") : pointer,
                          "unrolls to more than " + std::to_string(max_layers) + " layers");
      return 0;  // reported once
    }
    return once * to_size(times);
  }

  std::size_t layer(Value& entry, bool bare, const std::string& pointer) {
    const std::string* name =
        reading_.naming_key(entry, "type", pointer, "the name of a layer type");
    if (name == nullptr) return 1;
    own_members(entry, pointer);
    const std::string at = bare ? pointer : child(pointer, "type");
    const TypeInfo* type = reading_.type(TypeKind::layer, *name, *entry.find("type"), at);
    std::size_t below = 0;
    if (Value* inputs = entry.find("inputs")) below = this->inputs(type, *inputs, pointer);
    if (type == nullptr) return 1 + below;
    if (takes_several(*type) && entry.find("inputs") == nullptr)
      reading_.report.add(entry, child(pointer, "inputs"),
                          "is missing: a list of networks that " + in_quotes(*name) +
                              " combines, where [] is the input of this layer, as in "
                              "{\"type\": " +
                              in_quotes(*name) + ", \"inputs\": [[], [\"relu\"]]}");
    if (const Value* schema = reading_.params_schema(*type, *entry.find("type"), at))
      parameters(*type, *schema, entry, pointer);
    return 1 + below;
  }

  void parameters(const TypeInfo& type, const Value& schema, Value& entry,
                  const std::string& pointer) {
    Wording wording{type.name, see_type(type.name), {"name", "repeat"}};
    if (takes_several(type)) wording.also.emplace_back("inputs");
    Value params = parameters_of(entry);
    if (!reading_.conforms(schema, params, pointer, wording)) return;
    for (Member& m : *params.object()) set_member(entry, m.key, std::move(m.value));
  }

  void own_members(Value& entry, const std::string& pointer) {
    if (Value* repeat = entry.find("repeat"))
      reading_.conforms(*own_schema("group").find("properties")->find("repeat"), *repeat,
                        child(pointer, "repeat"), {"a layer"});
    const Value* name = entry.find("name");
    if (name == nullptr) return;
    const std::string at = child(pointer, "name");
    if (name->string() == nullptr) {
      reading_.report.add(*name, at, "must be a string, got " + short_json(*name));
    } else if (reading_.usable_name(*name, at)) {
      const auto [taken, is_new] = names_.emplace(*name->string(), at);
      if (!is_new)
        reading_.report.add(*name, at,
                            "the name " + in_quotes(*name->string()) + " is taken by " +
                                taken->second + "; names of layers must differ");
    }
  }

  std::size_t inputs(const TypeInfo* type, Value& inputs, const std::string& pointer) {
    const std::string at = child(pointer, "inputs");
    if (type != nullptr && !takes_several(*type)) {
      reading_.report.add(inputs, at,
                          in_quotes(type->name) +
                              " takes one input, the layer before it; \"inputs\" is "
                              "for layers that combine several" +
                              several());
      return 0;
    }
    if (inputs.array() == nullptr) {
      reading_.report.add(inputs, at, "must be a list of networks, got " + short_json(inputs));
      return 0;
    }
    const std::size_t given = inputs.array()->size();
    if (type != nullptr) {
      const std::size_t least = std::max(1U, type->min_inputs), most = type->max_inputs;
      if (given < least || (most != 0 && given > most))
        reading_.report.add(inputs, at,
                            in_quotes(type->name) + " takes at " +
                                (given < least ? "least " + count_text(least, "input")
                                               : "most " + count_text(most, "input")) +
                                ", got " + std::to_string(given));
    }
    std::size_t count = 0;
    for (std::size_t i = 0; i < given; ++i)
      count += network((*inputs.array())[i], child(at, i), true);
    return std::min(count, max_layers);
  }

  /// " (concat, product, sum)"
  std::string several() const {
    std::vector<std::string> names;
    for (const TypeInfo& type : reading_.catalogue().types())
      if (type.kind == TypeKind::layer && takes_several(type)) names.push_back(type.name);
    return names.empty() ? "" : " (" + list_text(names) + ")";
  }

  Reading& reading_;
  std::map<std::string, std::string> names_;  // from names as written to their pointers
};

class Unrolling {
 public:
  explicit Unrolling(Reading& reading) : reading_(reading) {}

  /// `suffix` is what the surrounding `repeat`s append to names, outermost first.
  void network(const Value& layers, const std::string& pointer, const std::string& suffix,
               NetworkSpec& out) {
    for (std::size_t i = 0; i < layers.array()->size(); ++i) {
      const Value& entry = (*layers.array())[i];
      const Value* repeat = entry.find("repeat");
      const std::int64_t times = repeat != nullptr ? *repeat->integer() : 1;
      for (std::int64_t k = 1; k <= times; ++k) {
        const std::string at = child(pointer, i);
        const std::string extended = repeat != nullptr ? suffix + "." + std::to_string(k) : suffix;
        if (entry.find("type") == nullptr)
          network(*entry.find("layers"), child(at, "layers"), extended, out);
        else
          out.push_back(layer(entry, at, extended));
      }
    }
  }

 private:
  LayerSpec layer(const Value& entry, const std::string& pointer, const std::string& suffix) {
    LayerSpec spec;
    spec.place = reading_.place(entry, pointer);
    spec.type = string_of(entry, "type");
    spec.params = to_json(parameters_of(entry));
    if (const Value* name = entry.find("name")) {
      spec.name = *name->string() + suffix;
      if (!names_.emplace(spec.name, pointer).second)
        reading_.report.add(*name, child(pointer, "name"),
                            "the name " + in_quotes(spec.name) + " is taken by " +
                                names_[spec.name] + "; names of layers must differ");
    }
    if (const Value* inputs = entry.find("inputs"))
      for (std::size_t b = 0; b < inputs->array()->size(); ++b)
        network((*inputs->array())[b], child(child(pointer, "inputs"), b), suffix,
                spec.inputs.emplace_back());
    return spec;
  }

  Reading& reading_;
  std::map<std::string, std::string> names_;
};

}  // namespace

void check_network(Reading& reading, Value& network, const std::string& pointer) {
  if (Checking(reading).network(network, pointer, false) > max_layers)
    reading.report.add(network, pointer,
                       "unrolls to more than " + std::to_string(max_layers) + " layers");
}

NetworkSpec unroll_network(Reading& reading, const Value& network, const std::string& pointer) {
  NetworkSpec spec;
  Unrolling(reading).network(network, pointer, {}, spec);
  return spec;
}

CheckedSolver check_solver(Reading& reading, Value& solver, const std::string& pointer) {
  CheckedSolver checked;
  const bool bare = solver.string() != nullptr;
  name_to_object(solver);
  checked.spec.place = reading.place(solver, pointer);
  const std::string* name = reading.naming_key(solver, "type", pointer, "the name of a solver");
  if (name == nullptr) return checked;
  const std::string at = bare ? pointer : child(pointer, "type");
  const TypeInfo* type = reading.type(TypeKind::solver, *name, *solver.find("type"), at);
  const Value* schema =
      type == nullptr ? nullptr : reading.params_schema(*type, *solver.find("type"), at);
  if (schema == nullptr) return checked;
  Value params{.data = Value::Object{}, .origin = solver.origin};
  for (const Member& m : *solver.object())
    if (m.key != "type") params.object()->push_back(m);
  if (!reading.conforms(*schema, params, pointer, {type->name, see_type(type->name)}))
    return checked;
  checked.spec.type = *name;
  checked.spec.params = to_json(params);
  for (Member& m : *params.object()) set_member(solver, m.key, std::move(m.value));
  checked.type = type;
  return checked;
}

}  // namespace widelimit::detail
