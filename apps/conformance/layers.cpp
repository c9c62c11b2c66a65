// Creating and planning the layers of a plugin.
#include "layers.hpp"

#include "common/sizes.hpp"
#include "in_function.hpp"
#include "plan_rules.hpp"

#include <widelimit/error.hpp>

#include <algorithm>
#include <charconv>

namespace widelimit::conformance {
namespace {

std::int64_t input_count(const LayerType& type) {
  const std::int64_t least = std::max<std::int64_t>(type.table.min_inputs, 1);
  const bool several = type.table.max_inputs == 0 || type.table.max_inputs > 1;
  return several ? std::max<std::int64_t>(least, 2) : least;
}

/// Small ones of every number of axes.
const std::vector<std::vector<std::int64_t>> images{{12}, {7, 6}, {4, 3, 4}, {3, 2, 3, 2}};

/// The inputs that a type is planned for.
std::vector<widelimit_shape> inputs_of(const LayerType& type, const widelimit_shape& shape) {
  return std::vector(to_size(input_count(type)), shape);
}

Subject create_subject(Context& context, const LayerType& type, const std::string& json) {
  Subject subject;
  subject.type = &type;
  subject.json = json;
  subject.params = std::make_unique<Params>(subject.json);
  context.set_activity("creating " + subject.text());
  CreatedLayer created = create_layer(context.host(), type, subject.params->abi());
  if (!created.object)
    throw Finding(subject.text() + " was created before, and now create answers " +
                  created.answer.text());
  subject.object = std::move(created.object);
  return subject;
}

/// Every kind of input that a layer is examined on.
class Planner {
 public:
  Planner(Context& context, const LayerType& type, const Wanted& wanted)
      : context_(context), type_(type), wanted_(wanted) {}

  [[nodiscard]] std::vector<Subject> plan_all(const std::string& json) {
    json_ = json;
    refused_.clear();
    std::vector<Subject> planned;
    const std::vector<widelimit_shape>& given = context_.options().shapes;
    if (!given.empty()) {
      keep(planned, given.size() == 1 ? inputs_of(type_, given.front()) : given);
      return planned;
    }
    const bool accepted = keep(planned, inputs_of(type_, gaussian_shape(wanted_.channels)));
    // Without sites a layer need not be what it is on images.
    constexpr std::size_t ranks = 2;
    std::vector<Subject> on_images;
    for (const std::vector<std::int64_t>& image : images) {
      if (on_images.size() == ranks) break;
      keep(on_images,
           inputs_of(type_, gaussian_shape(std::min<std::int64_t>(wanted_.channels, 3), image)));
    }
    for (Subject& s : on_images)
      if (!accepted || s.plan.nature != WIDELIMIT_POINTWISE) planned.push_back(std::move(s));
    return planned;
  }
  /// Why some inputs were refused.
  [[nodiscard]] const std::string& refused() const noexcept { return refused_; }

 private:
  bool keep(std::vector<Subject>& planned, const std::vector<widelimit_shape>& inputs) {
    Subject subject = create_subject(context_, type_, json_);
    subject.shapes = inputs;
    context_.set_activity("planning " + subject.text());
    subject.plan = plan(type_, subject.object.get(), subject.shapes);
    if (!subject.plan.answer.ok()) {
      const std::string why = subject.plan.answer.text();
      if (refused_.empty()) refused_ = subject.text() + ": plan answers " + why;
      // Other inputs may be refused for other reasons.
      if (refused_.find(why) == std::string::npos) refused_ += ", and " + why;
      return false;
    }
    planned.push_back(std::move(subject));
    return true;
  }

  Context& context_;
  const LayerType& type_;
  Wanted wanted_;
  std::string json_, refused_;
};

/// Sets the width of the output where the layer chooses it and has not, by the names of the
/// parameters (dense: width; convolution: channels).
std::string with_width(Context& context, const LayerType& type, const std::string& json,
                       std::int64_t width) {
  for (const char* key : {"width", "channels"}) {
    const std::string wider = with_member(json, key, std::to_string(width));
    if (wider == json || !validate_params(schema_of(type.info), wider).problems.empty()) continue;
    const Params params(wider);
    if (create_layer(context.host(), type, params.abi()).object) return wider;
  }
  return json;
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

widelimit_shape parse_shape(const std::string& text) {
  std::vector<std::int64_t> numbers;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (bool more = true; more;) {
    std::int64_t n = 0;
    const auto read = std::from_chars(at, end, n);
    more = read.ec == std::errc() && read.ptr != end && *read.ptr == ',';
    if (read.ec != std::errc() || n < 1 || n > (std::int64_t{1} << 31) ||
        (!more && read.ptr != end)) {
      numbers.clear();
      break;
    }
    numbers.push_back(n);
    at = read.ptr + 1;
  }
  constexpr std::size_t most = 5;
  if (numbers.empty() || numbers.size() > most)
    throw Error(ErrorCode::usage, "--shape: \"" + text +
                                      "\" is not channels, as 12, or up to four numbers of sites "
                                      "and then channels, as 28,28,3");
  const std::int64_t channels = numbers.back();
  numbers.pop_back();
  return gaussian_shape(channels, numbers);
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
  const InFunction now("plan");
  answer.answer = call([&](widelimit_error* e) { return type.table.plan(layer, &request, e); });
  answer.nature = request.nature;
  answer.traits = request.traits;
  answer.scratch_bytes = request.scratch_bytes;
  answer.flops_per_entry = request.flops_per_entry;
  answer.n_site_terms = request.n_site_terms;
  std::copy_n(request.max_window, answer.max_window.size(), answer.max_window.begin());
  return answer;
}

AcceptedParameters accepted_parameters(Context& context, const LayerType& type) {
  return {context, type.info, type.name, [&context, &type](const widelimit_params* params) {
            CreatedLayer made = create_layer(context.host(), type, params);
            if (made.answer.ok() && !made.object) made.answer.status = WIDELIMIT_E_INTERNAL;
            return made.answer;
          }};
}

std::vector<std::string> parameter_sets(Context& context, const LayerType& type, int most) {
  AcceptedParameters accepted = accepted_parameters(context, type);
  std::vector<std::string> sets;
  while (sets.size() < to_size(most)) {
    std::string json = accepted.next();
    if (json.empty()) break;
    sets.push_back(std::move(json));
  }
  if (sets.empty()) context.skip(accepted.refused());
  return sets;
}

std::vector<Subject> subjects_of(Context& context, const LayerType& type, const Wanted& wanted,
                                 std::string& refused) {
  std::vector<Subject> all;
  AcceptedParameters accepted = accepted_parameters(context, type);
  Planner planner(context, type, wanted);
  // Parameters that fit no input, as windows may not, are replaced by others.
  constexpr int attempts = 60;
  int planned = 0;
  for (int attempt = 0; planned <= wanted.draws && attempt < attempts; ++attempt) {
    std::string json = accepted.next();
    if (json.empty()) break;
    if (wanted.width > 0) json = with_width(context, type, json, wanted.width);
    std::vector<Subject> of_json = planner.plan_all(json);
    if (!planner.refused().empty()) refused = planner.refused();
    if (of_json.empty()) continue;
    ++planned;
    for (Subject& s : of_json) {
      const std::string why = implausible(type, s.shapes, s.plan);
      if (why.empty() || wanted.any_plan)
        all.push_back(std::move(s));
      else
        context.skip(s.text() + " plans " + why + ": see plan-plausible");
    }
  }
  if (refused.empty()) refused = accepted.refused();
  return all;
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
    std::string refused;
    std::vector<Subject> of_type = subjects_of(context, type, wanted, refused);
    if (of_type.empty()) context.skip(refused);
    for (Subject& s : of_type) all.push_back(std::move(s));
  }
  return all;
}

std::vector<Subject> pointwise_subjects(Context& context, int draws) {
  std::vector<Subject> chosen;
  for (Subject& subject : subjects(context, {.draws = draws})) {
    if (subject.plan.nature == WIDELIMIT_POINTWISE && subject.type->infinite.transform != nullptr)
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

std::vector<Subject> transforming_subjects(Context& context, int draws) {
  std::vector<Subject> chosen = pointwise_subjects(context, draws);
  for (const Subject& subject : chosen)
    if (subject.on_sites())
      context.skip(subject.type->name +
                   " takes images alone: windows-equal-materialised examines it on them");
  std::erase_if(chosen, [](const Subject& subject) { return subject.on_sites(); });
  return chosen;
}

std::vector<Subject> site_subjects(Context& context, const Wanted& wanted) {
  std::vector<Subject> chosen;
  // All pairs of sites of several samples are compared.
  constexpr std::int64_t most_sites = 256;
  for (Subject& subject : subjects(context, wanted)) {
    if (subject.maps_sites() &&
        std::max(sites_in(subject.shapes[0]), sites_in(subject.plan.output)) > most_sites)
      context.skip(subject.text() + ": more than " + std::to_string(most_sites) +
                   " sites, too many to compare all pairs of them");
    else if (subject.maps_sites() && subject.shapes.size() > 1)
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
