// Linear layers with windows as data: composing them, which displacements they read, and applying
// one to a field.
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

/// Window, stride and padding leave sites alone: the map acts entry by entry.
[[nodiscard]] bool is_point_map(const widelimit_linear& map) noexcept;
[[nodiscard]] bool is_identity(const widelimit_linear& map) noexcept;
/// Is this a window that a transform with this `max_window` applies itself (widelimit_plan)?
[[nodiscard]] bool is_window_within(const std::array<std::int32_t, 4>& max_window,
                                    const widelimit_linear& map) noexcept;

/// `second` after `first` as one map, where that is exact: bias is added inside the image only, and
/// padding is zero after the first map, so in general it is not.
[[nodiscard]] std::optional<widelimit_linear> compose(const widelimit_linear& first,
                                                      const widelimit_linear& second) noexcept;

/// The displacements of `input` that output displacement d is made from: stride d; along circular
/// axes both parts of it modulo the image. None where all of the window lies in the padding.
/// They replace what `read` holds.
void displacements_read(const widelimit_linear& map, const Image& input, const Axes& d,
                        std::vector<Axes>& read);

/// The sites that an output domain's windows reach, along circular axes only; along others the
/// image. What of it lies outside the image wraps around.
[[nodiscard]] Domain reach_of(const widelimit_linear& map, const Image& input, const Axes& d,
                              const Domain& output) noexcept;

/// Covariances over a domain, [site][bundle_lanes].
template <class T>
struct FieldPart {
  Domain domain;
  const T *nngp = nullptr, *ntk = nullptr;
};

/// Applies a map to a field, which is zero outside its domain. `row` is memory for two rows of the
/// input's last axis. ntk is written where it is not NULL.
template <class T>
void apply_window(const widelimit_linear& map, const FieldPart<T>& input, const Domain& output,
                  T* row, T* nngp, T* ntk);

/// Joins the parts of a wrapped field over `reach`; n of them.
template <class T>
void join_parts(const FieldPart<T>* parts, std::size_t n, const Image& image, const Domain& reach,
                T* nngp, T* ntk);

}  // namespace widelimit::detail
