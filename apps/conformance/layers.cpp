// Creating and planning the layers of a plugin.
#include "layers.hpp"

#include <algorithm>

namespace widelimit::conformance {
namespace {

/// Text of a schema; an empty one accepts an empty object.
std::string schema_of(const widelimit_type_info& info) {
  return info.params_schema != nullptr ? info.params_schema : "{}";
}

std::string first_problem(const ValidatedParams& validated) {
  return validated.problems.empty() ? std::string() : validated.problems.front().text();
}

std::int64_t input_count(const LayerType& type) {
  const std::int64_t least = std::max<std::int64_t>(type.table.min_inputs, 1);
  const bool several = type.table.max_inputs == 0 || type.table.max_inputs > 1;
  return several ? std::max<std::int64_t>(least, 2) : least;
}

/// Small ones of every number of axes.
const std::vector<std::vector<std::int64_t>> images{{12}, {7, 6}, {4, 3, 4}, {3, 2, 3, 2}};

/// Nothing where the type refuses: `refused` says why.
std::optional<Subject> make_subject(Context& context, const LayerType& type, std::string json,
                                    std::int64_t channels, std::string& refused) {
  Subject subject;
  subject.type = &type;
  subject.json = std::move(json);
  subject.params = std::make_unique<Params>(subject.json);
  context.set_activity("creating " + subject.text());
  CreatedLayer created = create_layer(context.host(), type, subject.params->abi());
  if (!created.object) {
    refused = subject.text() + ": create answered " + created.answer.text();
    return std::nullopt;
  }
  subject.object = std::move(created.object);
  const auto n_inputs = static_cast<std::size_t>(input_count(type));
  context.set_activity("planning " + subject.text());
  subject.shapes.assign(n_inputs, gaussian_shape(channels));
  subject.plan = plan(type, subject.object.get(), subject.shapes);
  const std::string without_sites = subject.plan.answer.text();
  for (const std::vector<std::int64_t>& image : images) {
    if (subject.plan.answer.ok()) break;
    subject.shapes.assign(n_inputs, gaussian_shape(std::min<std::int64_t>(channels, 3), image));
    subject.plan = plan(type, subject.object.get(), subject.shapes);
  }
  if (!subject.plan.answer.ok()) {
    refused = subject.text() + ": plan refuses samples without sites (" + without_sites +
              ") and images (" + subject.plan.answer.text() + ")";
    return std::nullopt;
  }
  return subject;
}

/// Sets the width of the output where the layer chooses it and has not, by the names of the
/// parameters (dense: width; convolution: channels).
std::string with_width(const Subject& subject, std::int64_t width) {
  for (const char* key : {"width", "channels"}) {
    const std::string json = with_member(subject.json, key, std::to_string(width));
    if (json != subject.json &&
        validate_params(schema_of(subject.type->info), json).problems.empty())
      return json;
  }
  return subject.json;
}

}  // namespace

CreatedLayer create_layer(const widelimit_host& host, const LayerType& type,
                          const widelimit_params* params) {
  CreatedLayer created;
  if (type.table.create == nullptr || type.table.destroy == nullptr) {
    created.answer.status = WIDELIMIT_E_UNSUPPORTED;
    return created;
  }
  widelimit_layer* raw = nullptr;
  created.answer =
      call([&](widelimit_error* e) { return type.table.create(&host, params, &raw, e); });
  if (created.answer.ok() && raw != nullptr) created.object = {raw, type.table.destroy};
  return created;
}

widelimit_shape gaussian_shape(std::int64_t channels, std::vector<std::int64_t> spatial) {
  widelimit_shape shape{};
  shape.struct_size = sizeof shape;
  shape.flags = WIDELIMIT_SHAPE_GAUSSIAN | WIDELIMIT_SHAPE_INDEPENDENT;
  shape.channels = channels;
  shape.n_spatial = static_cast<std::int32_t>(spatial.size());
  std::fill(std::begin(shape.spatial), std::end(shape.spatial), 1);
  std::copy(spatial.begin(), spatial.end(), shape.spatial);
  return shape;
}

std::int64_t sites_in(const widelimit_shape& shape) noexcept {
  std::int64_t n = 1;
  for (int axis = 0; axis < shape.n_spatial; ++axis) n *= shape.spatial[axis];
  return n;
}

std::int64_t numbers_in(const widelimit_shape& shape) noexcept {
  return sites_in(shape) * shape.channels;
}

Plan plan(const LayerType& type, const widelimit_layer* layer,
          const std::vector<widelimit_shape>& inputs) {
  Plan answer;
  if (type.table.plan == nullptr) {
    answer.answer.status = WIDELIMIT_E_UNSUPPORTED;
    return answer;
  }
  std::vector<const widelimit_shape*> pointers;
  for (const widelimit_shape& input : inputs) pointers.push_back(&input);
  answer.output = inputs.empty() ? gaussian_shape(1) : inputs.front();
  answer.linear.struct_size = sizeof answer.linear;
  answer.linear.scale = 1;
  answer.linear.rank = answer.output.n_spatial;
  for (auto* member : {answer.linear.window, answer.linear.stride, answer.linear.dilation})
    std::fill(member, member + 4, 1);
  widelimit_plan request{};
  request.struct_size = sizeof request;
  request.n_inputs = static_cast<std::uint32_t>(inputs.size());
  request.inputs = pointers.data();
  request.output = &answer.output;
  request.linear = &answer.linear;
  std::copy(answer.max_window.begin(), answer.max_window.end(), request.max_window);
  answer.answer = call([&](widelimit_error* e) { return type.table.plan(layer, &request, e); });
  answer.nature = request.nature;
  answer.traits = request.traits;
  answer.scratch_bytes = request.scratch_bytes;
  answer.flops_per_entry = request.flops_per_entry;
  answer.n_site_terms = request.n_site_terms;
  std::copy_n(request.max_window, answer.max_window.size(), answer.max_window.begin());
  return answer;
}

std::vector<std::string> parameter_sets(Context& context, const widelimit_type_info& info,
                                        int draws) {
  const std::string schema = schema_of(info);
  std::vector<std::string> sets;
  const ValidatedParams defaults = validate_params(schema, "{}");
  if (defaults.problems.empty()) sets.push_back(defaults.json);
  const auto wanted = sets.size() + static_cast<std::size_t>(draws);
  for (std::uint64_t i = 0; sets.size() < std::max<std::size_t>(wanted, 1) && i < 50; ++i) {
    const ValidatedParams drawn =
        validate_params(schema, draw_valid_params(schema, context.seed() * 1000 + i));
    if (!drawn.problems.empty()) {
      context.skip("the schema of " + std::string(info.name) +
                   " refuses parameters drawn from it: " + first_problem(drawn));
      break;
    }
    if (std::find(sets.begin(), sets.end(), drawn.json) == sets.end()) sets.push_back(drawn.json);
  }
  return sets;
}

std::vector<Subject> subjects(Context& context, const Wanted& wanted) {
  const Plugin& plugin = context.plugin();
  if (plugin.layers().empty()) context.skip("the plugin has no layers");
  std::vector<Subject> all;
  for (const LayerType& type : plugin.layers()) {
    if (type.info.name == nullptr) {
      context.skip(type.name + " has no name: see fields-present");
      continue;
    }
    // Draws that fit no image, as windows may, are replaced by others.
    constexpr int spare = 12;
    std::size_t planned = 0;
    std::string refused;
    for (const std::string& json : parameter_sets(context, type.info, wanted.draws + spare)) {
      if (planned > static_cast<std::size_t>(wanted.draws)) break;
      auto subject = make_subject(context, type, json, wanted.channels, refused);
      if (subject && wanted.width > 0) {
        const std::string wider = with_width(*subject, wanted.width);
        if (wider != subject->json)
          subject = make_subject(context, type, wider, wanted.channels, refused);
      }
      if (!subject) continue;
      all.push_back(std::move(*subject));
      ++planned;
    }
    if (planned == 0) context.skip(refused);
  }
  return all;
}

std::vector<Subject> transforming_subjects(Context& context, int draws) {
  std::vector<Subject> chosen;
  for (Subject& subject : subjects(context, {.draws = draws})) {
    if (subject.transforms())
      chosen.push_back(std::move(subject));
    else if (subject.plan.nature == WIDELIMIT_LINEAR)
      context.skip(subject.type->name + " is linear: data, no kernel code");
    else if (subject.plan.nature == WIDELIMIT_POINTWISE)
      context.skip(subject.type->name + " offers no infinite face");
    else
      context.skip(subject.type->name + " works on sites: the group \"layer, sites\" does");
  }
  return chosen;
}

std::vector<Subject> site_subjects(Context& context, const Wanted& wanted) {
  std::vector<Subject> chosen;
  for (Subject& subject : subjects(context, wanted)) {
    if (subject.maps_sites() && subject.shapes.size() > 1)
      context.skip(subject.type->name +
                   " maps sites of several inputs, which core does not compute yet");
    else if (subject.maps_sites())
      chosen.push_back(std::move(subject));
    else
      context.skip(subject.type->name + " does not map sites");
  }
  return chosen;
}

std::vector<Subject> finite_subjects(Context& context, const Wanted& wanted) {
  Wanted with_a_width = wanted;
  if (with_a_width.width == 0) with_a_width.width = 7;
  std::vector<Subject> chosen;
  for (Subject& subject : subjects(context, with_a_width)) {
    constexpr std::int64_t widest = 4096;
    if (!subject.has_finite())
      context.skip(subject.type->name + " offers no finite face");
    else if (subject.plan.output.channels < 1 || subject.plan.output.channels > widest)
      context.skip(subject.text() + ": the width of its output is " +
                   std::to_string(subject.plan.output.channels));
    else
      chosen.push_back(std::move(subject));
  }
  return chosen;
}

std::string with_member(const std::string& json, const std::string& key, const std::string& value) {
  const std::string name = "\"" + key + "\"";
  const auto open = json.find('{');
  if (open == std::string::npos) return json;
  if (const auto at = json.find(name); at != std::string::npos) {
    const auto colon = json.find_first_not_of(" :", at + name.size());
    if (colon == std::string::npos || json.compare(colon, 4, "null") != 0) return json;
    return json.substr(0, colon) + value + json.substr(colon + 4);
  }
  const auto next = json.find_first_not_of(" \n\t", open + 1);
  const bool empty = next == std::string::npos || json[next] == '}';
  return json.substr(0, open + 1) + name + ":" + value + (empty ? "" : ",") + json.substr(open + 1);
}

}  // namespace widelimit::conformance
