// Layers of a plugin, created and planned as core does.
// Thread safety: values; the layer objects may be used as abi.h's thread tags say.
#pragma once

#include "context.hpp"
#include "parameters.hpp"

#include <widelimit/examine/params.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace widelimit::conformance {

/// A layer object, destroyed by its plugin.
using LayerObject = std::unique_ptr<widelimit_layer, void (*)(widelimit_layer*)>;

/// Asks a type for an object with these parameters; `object` is empty where it refuses.
struct CreatedLayer {
  Answer answer;
  LayerObject object{nullptr, nullptr};
};
[[nodiscard]] CreatedLayer create_layer(const widelimit_host& host, const LayerType& type,
                                        const widelimit_params* params);

/// What a layer plans for given inputs.
struct Plan {
  Answer answer;
  widelimit_shape output{};
  widelimit_linear linear{};
  std::int32_t nature = 0;
  std::uint64_t traits = 0, scratch_bytes = 0;
  double flops_per_entry = 0;
  std::uint32_t n_site_terms = 0;
  std::array<std::int32_t, 4> max_window{1, 1, 1, 1};
};

/// The shape of a Gaussian activation in a branch with weights, which every layer accepts.
[[nodiscard]] widelimit_shape gaussian_shape(std::int64_t channels,
                                             std::vector<std::int64_t> spatial = {});
[[nodiscard]] std::int64_t sites_in(const widelimit_shape& shape) noexcept;
/// Sites times channels.
[[nodiscard]] std::int64_t numbers_in(const widelimit_shape& shape) noexcept;
[[nodiscard]] Plan plan(const LayerType& type, const widelimit_layer* layer,
                        const std::vector<widelimit_shape>& inputs);

/// A layer with the parameters it was made from, planned for samples without sites or for images.
struct Subject {
  const LayerType* type = nullptr;
  std::string json;
  /// Outlives the object, because a plugin may keep reading it.
  std::unique_ptr<Params> params;
  LayerObject object{nullptr, nullptr};
  /// Of the inputs.
  std::vector<widelimit_shape> shapes;
  Plan plan;

  /// "relu {...}": for messages.
  [[nodiscard]] std::string text() const { return type->name + " " + json; }
  [[nodiscard]] bool on_sites() const noexcept { return shapes[0].n_spatial > 0; }
  [[nodiscard]] bool transforms() const noexcept {
    return plan.nature == WIDELIMIT_POINTWISE && type->infinite.transform != nullptr && !on_sites();
  }
  /// Does its kernel depend on fields of displacements, or on a map of windows?
  [[nodiscard]] bool maps_sites() const noexcept {
    return on_sites() &&
           (plan.nature == WIDELIMIT_LINEAR ||
            (plan.nature == WIDELIMIT_STENCIL && type->infinite.transform != nullptr) ||
            (plan.nature == WIDELIMIT_GATHERING && type->infinite.accumulate != nullptr));
  }
  [[nodiscard]] bool has_finite() const noexcept {
    return type->finite.theta_size != nullptr && type->finite.forward != nullptr;
  }
};

/// Parameters that a layer type accepts.
[[nodiscard]] AcceptedParameters accepted_parameters(Context& context, const LayerType& type);
/// At most this many of them.
[[nodiscard]] std::vector<std::string> parameter_sets(Context& context, const LayerType& type,
                                                      int most);

/// Which layers a check examines.
struct Wanted {
  /// Draws of parameters, besides the defaults.
  int draws = 1;
  /// Of every input.
  std::int64_t channels = 12;
  /// Of the output, where the layer chooses it; 0: not given.
  std::int64_t width = 0;
  /// Also those whose plan no host can use.
  bool any_plan = false;
};
/// Layers of one type: for samples without sites, and, unless they act on each entry alone, on
/// images of two ranks. `refused` says why others were not created or planned.
[[nodiscard]] std::vector<Subject> subjects_of(Context& context, const LayerType& type,
                                               const Wanted& wanted, std::string& refused);
/// All layers of the plugin that can be created and planned; the others are reported as skipped.
[[nodiscard]] std::vector<Subject> subjects(Context& context, const Wanted& wanted = {});
/// Those of them that map sites.
[[nodiscard]] std::vector<Subject> site_subjects(Context& context, const Wanted& wanted = {});
/// Those of them with a pointwise kernel transform, on samples without sites where they take those.
[[nodiscard]] std::vector<Subject> pointwise_subjects(Context& context, int draws = 1);
/// Those of them on samples without sites; the others are reported as skipped.
[[nodiscard]] std::vector<Subject> transforming_subjects(Context& context, int draws = 1);
/// Those with a finite face whose widths are known.
[[nodiscard]] std::vector<Subject> finite_subjects(Context& context, const Wanted& wanted = {});

/// `json` with a member added in front, unless it is there already.
[[nodiscard]] std::string with_member(const std::string& json, const std::string& key,
                                      const std::string& value);

}  // namespace widelimit::conformance
