// Pushing covariances between all sites of two images through a layer that maps sites, as core
// does: field by field, one displacement at a time.
// Thread safety: free functions; concurrent calls are what abi.h promises for the layer itself.
#pragma once

#include "layers.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace widelimit::conformance {

using Displacement = std::array<std::int64_t, 4>;

/// What is known of a pair of samples: entry [p, q] between the sites of the two images.
struct SitePair {
  std::vector<double> nngp, ntk;
};

struct SiteLayout {
  std::uint32_t dtype = WIDELIMIT_F64;
  /// false: only the NNGP.
  bool ntk = true;
  int scratch_fill = 0;
};

struct SitesTransformed {
  /// Of the first call that the layer refused.
  Answer answer;
  /// Of the output.
  std::vector<SitePair> pairs;
  /// What the layer wrongly wrote or read; empty: nothing.
  std::string problem;
};

/// Pairs in multiples of 16, one for each lane. All memory that the layer sees ends at an unmapped
/// page.
[[nodiscard]] SitesTransformed transform_sites(const Subject& subject,
                                               const std::vector<SitePair>& pairs,
                                               const SiteLayout& layout);

/// What `reads` answers for an output displacement. Throws std::runtime_error where it refuses.
[[nodiscard]] std::vector<Displacement> reads_of(const Subject& subject,
                                                 const Displacement& output);

/// Every displacement between two sites of a shape, in C order.
[[nodiscard]] std::vector<Displacement> displacements_of(const widelimit_shape& shape);
[[nodiscard]] std::string text_of(const Displacement& d, int axes);

/// `count` pairs of images of normal numbers, and their covariances.
[[nodiscard]] std::vector<SitePair> draw_site_pairs(Random& random, const widelimit_shape& shape,
                                                    std::size_t count);
/// [p, q] = the mean over channels of the products of x [p, channel] and y [q, channel].
[[nodiscard]] std::vector<double> site_products(const double* x, const double* y,
                                                const widelimit_shape& shape);

}  // namespace widelimit::conformance
