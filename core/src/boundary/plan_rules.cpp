// What a plan must be like for the engine to use it: member by member, as abi.h describes them.
#include <widelimit/examine/plan.hpp>

#include "text/numbers.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

namespace widelimit {

namespace {

// The bits that abi.h names: they end with WIDELIMIT_TRAIT_NEEDS_INDEPENDENT.
constexpr std::uint64_t known_traits = 2 * WIDELIMIT_TRAIT_NEEDS_INDEPENDENT - 1;
constexpr std::uint32_t known_flags = WIDELIMIT_SHAPE_GAUSSIAN | WIDELIMIT_SHAPE_INDEPENDENT;

constexpr std::int32_t most_axes = 4;
// Hosts count sites and displacements with 32 bits.
constexpr std::int64_t most_sites = std::int64_t{1} << 29;
// Taps of one output site, over all axes: a fraction of a second for each row of a field.
constexpr double most_taps = 1 << 26;
constexpr std::uint32_t most_site_terms = 4096;
constexpr std::uint64_t most_scratch_bytes = std::uint64_t{1} << 40;

std::string on_axis(int axis) { return " on axis " + std::to_string(axis); }

std::string extents_text(const widelimit_shape& shape) {
  std::string text;
  for (int a = 0; a < shape.n_spatial; ++a)
    text += (a == 0 ? "" : " x ") + std::to_string(shape.spatial[a]);
  return text.empty() ? "no sites" : text;
}

bool same_sites(const widelimit_shape& a, const widelimit_shape& b) {
  return a.n_spatial == b.n_spatial && std::equal(a.spatial, a.spatial + a.n_spatial, b.spatial);
}

std::string problem_of_output(const widelimit_shape& output) {
  if (output.channels < 0)
    return "output->channels of " + std::to_string(output.channels) + "; 0 says not known";
  if (output.n_spatial < 0 || output.n_spatial > most_axes)
    return "output->n_spatial of " + std::to_string(output.n_spatial) + "; 0 to 4 are possible";
  std::int64_t sites = 1;
  for (int axis = 0; axis < most_axes; ++axis) {
    const std::int64_t n = output.spatial[axis];
    const std::string member = "output->spatial of " + std::to_string(n) + on_axis(axis);
    if (n < 1) return member;
    if (axis >= output.n_spatial && n != 1)
      return member + ", which does not exist; it must be 1 there";
    if (n > most_sites / sites)
      return member + ", with which the output has more than " + std::to_string(most_sites) +
             " sites";
    sites *= n;
  }
  if ((output.flags & ~known_flags) != 0)
    return "output->flags of " + std::to_string(output.flags) + ", with bits that mean nothing";
  return {};
}

std::string problem_of_weights(const widelimit_linear& m, int a) {
  if (m.weight[a] == nullptr) return {};
  for (std::int32_t tap = 0; tap < m.window[a]; ++tap)
    if (!std::isfinite(m.weight[a][tap]) || m.weight[a][tap] < 0)
      return "linear->weight of " + detail::number_text(m.weight[a][tap]) + " for tap " +
             std::to_string(tap) + on_axis(a) +
             "; it is a share of the variance, finite and not negative";
  return {};
}

// Of one axis of a linear map from `in` sites to `out`.
std::string problem_of_axis(const widelimit_linear& m, int a, std::int64_t in, std::int64_t out) {
  const auto is = [&](const char* member, std::int64_t value) {
    return "linear->" + std::string(member) + " of " + std::to_string(value) + on_axis(a);
  };
  if (m.window[a] < 1) return is("window", m.window[a]);
  if (m.stride[a] < 1) return is("stride", m.stride[a]);
  if (m.dilation[a] < 1) return is("dilation", m.dilation[a]);
  if (m.pad_low[a] < 0) return is("pad_low", m.pad_low[a]);
  if (m.pad_high[a] < 0) return is("pad_high", m.pad_high[a]);
  const std::int64_t reach = std::int64_t{m.window[a] - 1} * m.dilation[a] + 1;
  if (reach > widelimit_longest_reach(in))
    return is("window", m.window[a]) + ", which spans " + std::to_string(reach) +
           " sites; at most " + std::to_string(widelimit_longest_reach(in)) +
           " are possible where there are " + std::to_string(in);
  const std::int64_t padded = in + m.pad_low[a] + m.pad_high[a];
  if (padded > most_sites)
    return is(m.pad_low[a] > m.pad_high[a] ? "pad_low" : "pad_high",
              std::max(m.pad_low[a], m.pad_high[a])) +
           ", with which the input has more than " + std::to_string(most_sites) + " sites";
  if (reach > padded)
    return is("window", m.window[a]) + ", which spans " + std::to_string(reach) +
           " sites where there are " + std::to_string(padded) + " with padding";
  const std::int64_t gives = (padded - reach) / m.stride[a] + 1;
  if (gives != out)
    return "linear's window" + on_axis(a) + ", which gives " + std::to_string(gives) +
           " sites, and output->spatial of " + std::to_string(out);
  return problem_of_weights(m, a);
}

std::string problem_of_linear(const widelimit_plan& plan) {
  const widelimit_linear& m = *plan.linear;
  const widelimit_shape& output = *plan.output;
  if (plan.n_inputs != 1)
    return "one linear map for " + std::to_string(plan.n_inputs) +
           " inputs, which is for layers of one input";
  const widelimit_shape& input = *plan.inputs[0];
  if (m.rank != input.n_spatial)
    return "linear->rank of " + std::to_string(m.rank) + " for an input with " +
           std::to_string(input.n_spatial) + " axes";
  if (output.n_spatial != m.rank)
    return "an output with " + std::to_string(output.n_spatial) + " axes of a linear map of " +
           std::to_string(m.rank) + ", which keeps them";
  if ((m.circular >> static_cast<std::uint32_t>(m.rank)) != 0)
    return "linear->circular of " + std::to_string(m.circular) + " for " + std::to_string(m.rank) +
           " axes";
  double taps = 1;
  for (int a = 0; a < m.rank; ++a) {
    std::string problem = problem_of_axis(m, a, input.spatial[a], output.spatial[a]);
    if (!problem.empty()) return problem;
    taps *= m.window[a];
  }
  if (taps > most_taps)
    return "linear->window of " + detail::number_text(taps) + " taps; at most " +
           detail::number_text(most_taps) + " are possible";
  for (const auto& [name, value] : {std::pair{"scale", m.scale},
                                    {"bias", m.bias},
                                    {"ntk_nngp", m.ntk_nngp},
                                    {"ntk_bias", m.ntk_bias}})
    if (!std::isfinite(value) || value < 0)
      return "linear->" + std::string(name) + " of " + detail::number_text(value) +
             "; it is a variance, finite and not negative";
  return {};
}

std::string problem_of_nature(const widelimit_infinite_face* face, const widelimit_plan& plan) {
  switch (plan.nature) {
    case WIDELIMIT_LINEAR:
      return problem_of_linear(plan);
    case WIDELIMIT_POINTWISE:
      for (std::uint32_t i = 0; i < plan.n_inputs; ++i)
        if (!same_sites(*plan.output, *plan.inputs[i]))
          return "a pointwise layer from " + extents_text(*plan.inputs[i]) + " (input " +
                 std::to_string(i) + ") to " + extents_text(*plan.output) +
                 "; it acts on each entry, and keeps the sites";
      if (face != nullptr && face->transform == nullptr)
        return "a pointwise layer without `transform`";
      return {};
    case WIDELIMIT_STENCIL:
      if (face != nullptr && (face->transform == nullptr || face->reads == nullptr))
        return "a stencil without `transform` or `reads`";
      return {};
    case WIDELIMIT_GATHERING:
      if (face != nullptr && (face->begin == nullptr || face->accumulate == nullptr ||
                              face->finish == nullptr || face->reads == nullptr))
        return "a gathering layer without `begin`, `accumulate`, `finish` or `reads`";
      return {};
    default:
      return "nature " + std::to_string(plan.nature) + ", which is none";
  }
}

}  // namespace

std::string problem_of_plan(const widelimit_infinite_face* face, const widelimit_plan& plan) {
  if (std::string problem = problem_of_output(*plan.output); !problem.empty()) return problem;
  if ((plan.traits & ~known_traits) != 0)
    return "traits " + std::to_string(plan.traits) + ", with bits that mean nothing";
  for (int axis = 0; axis < most_axes; ++axis)
    if (plan.max_window[axis] < 1)
      return "max_window of " + std::to_string(plan.max_window[axis]) + on_axis(axis);
  if (plan.scratch_bytes > most_scratch_bytes)
    return "scratch_bytes of " + std::to_string(plan.scratch_bytes);
  if (!(plan.flops_per_entry >= 0) || std::isinf(plan.flops_per_entry))
    return "flops_per_entry of " + detail::number_text(plan.flops_per_entry);
  if (plan.n_site_terms > most_site_terms)
    return "n_site_terms of " + std::to_string(plan.n_site_terms) + "; at most " +
           std::to_string(most_site_terms) + " are possible";
  if (plan.n_site_terms > 0 && face != nullptr && face->site_terms == nullptr)
    return "n_site_terms of " + std::to_string(plan.n_site_terms) + ", and offers no `site_terms`";
  return problem_of_nature(face, plan);
}

}  // namespace widelimit
