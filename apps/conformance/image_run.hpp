// Running a pointwise transform on one field of images: a displacement, windows that wait in front
// of it, variances or what the layer keeps of them.
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
/// The image in front of such a map.
[[nodiscard]] widelimit_shape shape_before(const widelimit_shape& after,
                                           const widelimit_linear& map);
/// What the map makes of numbers in front of it, rounded as abi.h says for the NNGP.
[[nodiscard]] ImageNumbers materialised(const widelimit_linear& map, const Domain& from,
                                        const ImageNumbers& numbers, const Domain& to,
                                        std::uint32_t dtype);

struct ImageLayout {
  std::uint32_t dtype = WIDELIMIT_F64;
  bool ntk = true;         ///< false: NNGP alone
  bool each_lane = false;  ///< the first sample's variances have a number a lane too
  bool kept = true;        ///< with the site terms, where the plan asks for them
  std::int64_t row_begin = 0, row_end = -1;   ///< -1: all
  const widelimit_linear* pending = nullptr;  ///< of every input; NULL: none
  int scratch_fill = 0;
};

struct ImageAnswer {
  Answer answer;
  std::vector<double> nngp, ntk;
  std::string problem;  ///< with what was written or answered; empty: none
};

/// One run of a layer planned for `to`. Everything it is lent ends at an unmapped page, scratch of
/// exactly the planned bytes among it.
[[nodiscard]] ImageAnswer transform_image(const Subject& subject, const Plan& planned,
                                          const Domain& from, const ImageNumbers& numbers,
                                          const Domain& to, const ImageVariances& variances,
                                          const ImageLayout& layout);

}  // namespace widelimit::conformance
