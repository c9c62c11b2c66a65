// Which sites of an image a field of one displacement holds, as abi.h has it.
// Thread safety: values.
#pragma once

#include "common/sizes.hpp"
#include "sites.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace widelimit::conformance {

/// The sites of a field: those p of an image with p and p + d inside.
struct Domain {
  Displacement image{1, 1, 1, 1}, d{}, origin{}, extent{1, 1, 1, 1};
  int rank = 0;

  Domain(const widelimit_shape& shape, const Displacement& displacement)
      : d(displacement), rank(shape.n_spatial) {
    for (std::size_t a = 0; a < to_size(rank); ++a) {
      image[a] = shape.spatial[a];
      origin[a] = std::max<std::int64_t>(0, -d[a]);
      extent[a] = std::max<std::int64_t>(0, image[a] - std::abs(d[a]));
    }
  }
  /// No sites at all: the field of a layer that reads nothing.
  [[nodiscard]] static Domain empty(const widelimit_shape& shape) {
    Domain none(shape, {});
    none.origin = none.extent = {};
    return none;
  }
  [[nodiscard]] std::int64_t sites() const { return extent[0] * extent[1] * extent[2] * extent[3]; }
  /// A field of these sites, without numbers.
  [[nodiscard]] widelimit_field described(std::uint32_t dtype, std::int64_t n_lanes) const {
    widelimit_field field{};
    field.struct_size = sizeof field;
    field.dtype = dtype;
    field.rank = rank;
    field.lanes = n_lanes;
    std::copy(extent.begin(), extent.end(), field.extent);
    std::copy(origin.begin(), origin.end(), field.origin);
    std::copy(d.begin(), d.end(), field.displacement);
    return field;
  }
  /// f(site of the field, entry [p, q] of the tensor).
  template <class F>
  void for_each(F f) const {
    const std::int64_t all = image[0] * image[1] * image[2] * image[3];
    for (std::int64_t site = 0; site < sites(); ++site) {
      std::int64_t rest = site, p = 0, q = 0, stride = 1;
      for (std::size_t a = 4; a-- > 0;) {
        const std::int64_t at = origin[a] + rest % extent[a];
        rest /= extent[a];
        p += at * stride;
        q += (at + d[a]) * stride;
        stride *= image[a];
      }
      f(to_size(site), to_size(p * all + q));
    }
  }
};

}  // namespace widelimit::conformance
