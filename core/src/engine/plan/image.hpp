// Images, displacements, and the sites of a field of one displacement.
#pragma once

#include <widelimit/abi.h>

#include "base/sizes.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace widelimit::detail {

inline constexpr std::size_t max_axes = 4;

/// One number for each axis; axes beyond the rank hold 0, or 1 in an extent.
using Axes = std::array<std::int32_t, max_axes>;

/// Faster than operator== of std::array, which calls memcmp; bundles compare for every field.
[[nodiscard]] constexpr bool same(const Axes& a, const Axes& b) noexcept {
  return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3];
}

/// The sites of an activation.
struct Image {
  int rank = 0;
  Axes extent{1, 1, 1, 1};

  Image() = default;
  explicit Image(const widelimit_shape& s) : rank(s.n_spatial) {
    for (std::size_t a = 0; a < max_axes; ++a)
      extent[a] = a < axes() ? static_cast<std::int32_t>(s.spatial[a]) : 1;
  }
  [[nodiscard]] std::size_t axes() const noexcept { return to_size(rank); }
  [[nodiscard]] std::int64_t sites() const noexcept {
    return std::int64_t{extent[0]} * extent[1] * extent[2] * extent[3];
  }
  /// The number of displacements between two sites of this image.
  [[nodiscard]] std::int64_t displacements() const noexcept {
    std::int64_t n = 1;
    for (const std::int32_t e : extent) n *= 2 * e - 1;
    return n;
  }
  [[nodiscard]] bool has(const Axes& d) const noexcept {
    for (std::size_t a = 0; a < max_axes; ++a)
      if (d[a] >= extent[a] || -d[a] >= extent[a]) return false;
    return true;
  }
  /// The index of a displacement of this image in C order, from 0 to displacements() - 1.
  [[nodiscard]] std::int64_t index_of(const Axes& d) const noexcept {
    std::int64_t at = 0;
    for (std::size_t a = 0; a < max_axes; ++a) at = at * (2 * extent[a] - 1) + d[a] + extent[a] - 1;
    return at;
  }
  friend bool operator==(const Image& a, const Image& b) noexcept {
    return a.rank == b.rank && same(a.extent, b.extent);
  }
};

/// The sites p of a field: the first site and the number of sites along each axis.
struct Domain {
  Axes origin{}, extent{1, 1, 1, 1};

  Domain() = default;
  /// All p for which p and p + d are inside the image.
  Domain(const Image& image, const Axes& d) {
    for (std::size_t a = 0; a < max_axes; ++a) {
      origin[a] = std::max(0, -d[a]);
      extent[a] = std::max(0, image.extent[a] - std::abs(d[a]));
    }
  }
  [[nodiscard]] std::int64_t sites() const noexcept {
    return std::int64_t{extent[0]} * extent[1] * extent[2] * extent[3];
  }
  [[nodiscard]] bool contains(const Axes& p) const noexcept {
    for (std::size_t a = 0; a < max_axes; ++a)
      if (p[a] < origin[a] || p[a] >= origin[a] + extent[a]) return false;
    return true;
  }
  /// The index of a site of this domain in C order.
  [[nodiscard]] std::int64_t index_of(const Axes& p) const noexcept {
    std::int64_t at = 0;
    for (std::size_t a = 0; a < max_axes; ++a) at = at * extent[a] + p[a] - origin[a];
    return at;
  }
};

/// Calls f(p) for every site of a domain in C order.
template <class F>
void for_each_site(const Domain& d, F&& f) {
  Axes p{};
  for (p[0] = d.origin[0]; p[0] < d.origin[0] + d.extent[0]; ++p[0])
    for (p[1] = d.origin[1]; p[1] < d.origin[1] + d.extent[1]; ++p[1])
      for (p[2] = d.origin[2]; p[2] < d.origin[2] + d.extent[2]; ++p[2])
        for (p[3] = d.origin[3]; p[3] < d.origin[3] + d.extent[3]; ++p[3]) f(p);
}

}  // namespace widelimit::detail
