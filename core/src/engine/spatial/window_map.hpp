// Linear layers with windows as data: composing them, finding the displacements that they read, and
// applying one to a field.
#pragma once

#include "engine/plan/image.hpp"
#include "engine/spatial/field_loops.hpp"

#include <widelimit/abi.h>

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace widelimit::detail {

[[nodiscard]] widelimit_linear identity_map(int rank) noexcept;

/// Whether the map acts on each entry separately.
[[nodiscard]] bool is_point_map(const widelimit_linear& map) noexcept;
[[nodiscard]] bool is_identity(const widelimit_linear& map) noexcept;
/// Whether a transform with this `max_window` (widelimit_plan) applies the map itself.
[[nodiscard]] bool is_window_within(const std::array<std::int32_t, 4>& max_window,
                                    const widelimit_linear& map) noexcept;

/// Composes `second` after `first` if that is exact. In general it is not, because the bias of the
/// first map is added inside the image only and padding is zero after it.
[[nodiscard]] std::optional<widelimit_linear> compose(const widelimit_linear& first,
                                                      const widelimit_linear& second) noexcept;

/// Sets `read` to the displacements of `input` that output displacement d reads: stride times d,
/// and along circular axes both parts of it modulo the image. Empty if the whole window is padding.
void find_input_displacements(const widelimit_linear& map, const Image& input, const Axes& d,
                              std::vector<Axes>& read);

/// The sites that the windows of an output domain read: along circular axes those in the windows,
/// which may lie outside the image and wrap around; along other axes all sites of the input field.
[[nodiscard]] Domain reach_of(const widelimit_linear& map, const Image& input, const Axes& d,
                              const Domain& output) noexcept;

/// Covariances over a domain, [site][bundle_lanes].
template <class T>
struct FieldPart {
  Domain domain;
  const T *nngp = nullptr, *ntk = nullptr;
};

/// Applies a map to a field, which is zero outside its domain. `row` has memory for two rows of the
/// input's last axis. `ntk` may be NULL.
template <class T>
void apply_window(const widelimit_linear& map, const FieldPart<T>& input, const Domain& output,
                  T* row, T* nngp, T* ntk);

/// Joins the n parts of a wrapped field over `reach`.
template <class T>
void join_parts(const FieldPart<T>* parts, std::size_t n, const Image& image, const Domain& reach,
                T* nngp, T* ntk);

}  // namespace widelimit::detail
