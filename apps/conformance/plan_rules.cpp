// Member by member, as abi.h describes them.
#include "plan_rules.hpp"

#include "kernel.hpp"

#include <algorithm>
#include <cmath>

namespace widelimit::conformance {
namespace {

constexpr std::uint64_t known_traits = 127;
constexpr std::uint32_t known_flags = WIDELIMIT_SHAPE_GAUSSIAN | WIDELIMIT_SHAPE_INDEPENDENT;

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

std::string wrong_output(const widelimit_shape& output) {
  if (output.channels < 0)
    return "output->channels of " + std::to_string(output.channels) + "; 0 says not known";
  if (output.n_spatial < 0 || output.n_spatial > 4)
    return "output->n_spatial of " + std::to_string(output.n_spatial) + "; 0 to 4 are possible";
  for (int axis = 0; axis < 4; ++axis) {
    if (output.spatial[axis] < 1)
      return "output->spatial of " + std::to_string(output.spatial[axis]) + on_axis(axis);
    if (axis >= output.n_spatial && output.spatial[axis] != 1)
      return "output->spatial of " + std::to_string(output.spatial[axis]) + on_axis(axis) +
             ", which does not exist; it must be 1 there";
  }
  if ((output.flags & ~known_flags) != 0)
    return "output->flags of " + std::to_string(output.flags) + ", with bits that mean nothing";
  return {};
}

/// Of one axis of a linear map from `in` sites to `out`.
std::string wrong_axis(const widelimit_linear& m, int a, std::int64_t in, std::int64_t out) {
  const auto is = [&](const char* member, std::int64_t value) {
    return "linear->" + std::string(member) + " of " + std::to_string(value) + on_axis(a);
  };
  if (m.window[a] < 1) return is("window", m.window[a]);
  if (m.stride[a] < 1) return is("stride", m.stride[a]);
  if (m.dilation[a] < 1) return is("dilation", m.dilation[a]);
  if (m.pad_low[a] < 0) return is("pad_low", m.pad_low[a]);
  if (m.pad_high[a] < 0) return is("pad_high", m.pad_high[a]);
  const std::int64_t reach = std::int64_t{m.window[a] - 1} * m.dilation[a] + 1;
  const std::int64_t padded = in + m.pad_low[a] + m.pad_high[a];
  if (reach > padded)
    return is("window", m.window[a]) + ", which spans " + std::to_string(reach) +
           " sites where there are " + std::to_string(padded) + " with padding";
  const std::int64_t gives = (padded - reach) / m.stride[a] + 1;
  if (gives != out)
    return "linear's window" + on_axis(a) + ", which gives " + std::to_string(gives) +
           " sites, and output->spatial of " + std::to_string(out);
  // More taps than this read nothing but padding.
  if (m.window[a] > 64 * in + 4096) return is("window", m.window[a]);
  if (m.weight[a] != nullptr)
    for (std::int32_t tap = 0; tap < m.window[a]; ++tap)
      if (!std::isfinite(m.weight[a][tap]) || m.weight[a][tap] < 0)
        return "linear->weight of " + number(m.weight[a][tap]) + " for tap " + std::to_string(tap) +
               on_axis(a);
  return {};
}

std::string wrong_linear(const std::vector<widelimit_shape>& inputs, const Plan& p) {
  const widelimit_linear& m = p.linear;
  if (inputs.size() != 1) return "one linear map for " + std::to_string(inputs.size()) + " inputs";
  if (m.rank != inputs[0].n_spatial)
    return "linear->rank of " + std::to_string(m.rank) + " for an input with " +
           std::to_string(inputs[0].n_spatial) + " axes";
  if (p.output.n_spatial != m.rank)
    return "an output with " + std::to_string(p.output.n_spatial) + " axes of a linear map of " +
           std::to_string(m.rank) + ", which keeps them";
  if ((m.circular >> static_cast<std::uint32_t>(m.rank)) != 0)
    return "linear->circular of " + std::to_string(m.circular) + " for " + std::to_string(m.rank) +
           " axes";
  for (int a = 0; a < m.rank; ++a)
    if (std::string why = wrong_axis(m, a, inputs[0].spatial[a], p.output.spatial[a]); !why.empty())
      return why;
  for (const auto& [name, value] : {std::pair{"scale", m.scale},
                                    {"bias", m.bias},
                                    {"ntk_nngp", m.ntk_nngp},
                                    {"ntk_bias", m.ntk_bias}})
    if (!std::isfinite(value) || value < 0)
      return "linear->" + std::string(name) + " of " + number(value) +
             "; it is a variance, finite and not negative";
  return {};
}

std::string wrong_nature(const LayerType& type, const std::vector<widelimit_shape>& inputs,
                         const Plan& p) {
  const widelimit_infinite_face& face = type.infinite;
  const bool offered = type.table.infinite != nullptr;
  switch (p.nature) {
    case WIDELIMIT_LINEAR:
      return wrong_linear(inputs, p);
    case WIDELIMIT_POINTWISE:
      for (std::size_t i = 0; i < inputs.size(); ++i)
        if (!same_sites(p.output, inputs[i]))
          return "a pointwise layer from " + extents_text(inputs[i]) + " (input " +
                 std::to_string(i) + ") to " + extents_text(p.output) +
                 "; it acts on each entry, and keeps the sites";
      if (offered && face.transform == nullptr) return "a pointwise layer without `transform`";
      break;
    case WIDELIMIT_STENCIL:
      if (offered && (face.transform == nullptr || face.reads == nullptr))
        return "a stencil without `transform` or `reads`";
      break;
    case WIDELIMIT_GATHERING:
      if (offered && (face.begin == nullptr || face.accumulate == nullptr ||
                      face.finish == nullptr || face.reads == nullptr))
        return "a gathering layer without `begin`, `accumulate`, `finish` or `reads`";
      break;
    default:
      return "nature " + std::to_string(p.nature) + ", which is none";
  }
  return {};
}

}  // namespace

std::string implausible(const LayerType& type, const std::vector<widelimit_shape>& inputs,
                        const Plan& p) {
  if (std::string why = wrong_output(p.output); !why.empty()) return why;
  if ((p.traits & ~known_traits) != 0)
    return "traits " + std::to_string(p.traits) + ", with bits that mean nothing";
  for (int axis = 0; axis < 4; ++axis)
    if (p.max_window[static_cast<std::size_t>(axis)] < 1)
      return "max_window of " + std::to_string(p.max_window[static_cast<std::size_t>(axis)]) +
             on_axis(axis);
  if (p.scratch_bytes > std::uint64_t{1} << 40)
    return "scratch_bytes of " + std::to_string(p.scratch_bytes);
  if (!(p.flops_per_entry >= 0) || std::isinf(p.flops_per_entry))
    return "flops_per_entry of " + number(p.flops_per_entry);
  if (p.n_site_terms > 0 && type.infinite.site_terms == nullptr)
    return "n_site_terms of " + std::to_string(p.n_site_terms) + ", and offers no `site_terms`";
  return wrong_nature(type, inputs, p);
}

}  // namespace widelimit::conformance
