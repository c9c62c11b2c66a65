// Running a pointwise transform on one field of images: a displacement, a pending map before it,
// variances or the terms that the layer precomputes from them.
// Thread safety: values and free functions.
#pragma once

#include "domain.hpp"
#include "layers.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace widelimit::conformance {

/// Covariances at the sites of a field, [site][lane], the same for every input of the layer.
struct ImageNumbers {
  std::vector<double> nngp, ntk;
};

/// Variances after the map of the whole image: of the first sample [site], of the others
/// [site][lane].
struct ImageVariances {
  std::vector<double> first, second;
};

/// A small window along the last axis and maybe the one before, by the common rule of the NTK.
[[nodiscard]] widelimit_linear window_map(int rank, int rows, int columns, bool padded);
/// The image that such a map takes.
[[nodiscard]] widelimit_shape shape_before(const widelimit_shape& after,
                                           const widelimit_linear& map);
/// The map applied to numbers, rounded as abi.h says for the NNGP.
[[nodiscard]] ImageNumbers materialised(const widelimit_linear& map, const Domain& from,
                                        const ImageNumbers& numbers, const Domain& to,
                                        std::uint32_t dtype);

struct ImageLayout {
  std::uint32_t dtype = WIDELIMIT_F64;
  /// false: only the NNGP.
  bool ntk = true;
  /// Give the first sample's variances for each lane too.
  bool each_lane = false;
  /// Pass what `site_terms` precomputes from the variances, if the plan asks for it.
  bool kept = true;
  /// -1: all.
  std::int64_t row_begin = 0, row_end = -1;
  /// Of every input; NULL: none.
  const widelimit_linear* pending = nullptr;
  int scratch_fill = 0;
};

struct ImageAnswer {
  Answer answer;
  std::vector<double> nngp, ntk;
  /// What the layer wrongly wrote or answered; empty: nothing.
  std::string problem;
};

/// One run of a layer planned for `to`. All memory that the layer sees ends at an unmapped page,
/// also its scratch of exactly the planned bytes.
[[nodiscard]] ImageAnswer transform_image(const Subject& subject, const Plan& planned,
                                          const Domain& from, const ImageNumbers& numbers,
                                          const Domain& to, const ImageVariances& variances,
                                          const ImageLayout& layout);

}  // namespace widelimit::conformance
