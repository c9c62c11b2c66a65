// Layers that are one linear map of sites, the same for all channels and without weights, such as
// pooling, resizing, fixed filters or cropping:
//   y[i] = sum over input sites p of M[i, p] x[p],   where M is a product of one matrix per axis.
// The author writes the matrices:
//   SiteMap sites(const Shape& in) const;
// The SDK derives everything else: K' = M K M' and Theta' = M Theta M'; the displacements that an
// output displacement needs; the shape of the output; forward, jvp and vjp of finite networks. An
// optional void plan(Plan&) const is called last.
//
// Thread safety: as layer.hpp says.
#pragma once

#include <widelimit/sdk/detail/site_sums.hpp>
#include <widelimit/sdk/detail/wrapped.hpp>
#include <widelimit/sdk/gathering.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace widelimit::sdk {

/// The map of a layer: one matrix per spatial axis of the input.
struct SiteMap {
  std::vector<AxisMap> axes;
  /// If false, all matrices have one row, and the output has no spatial axes.
  bool keeps_axes = true;
};

template <class L>
concept HasSites = requires(const L layer, const Shape in) {
  SiteMap{layer.sites(in)};
};

namespace detail {

// What depends on the map alone is compiled once, not for every layer.

inline void check_map(const SiteMap& map, const Shape& in) {
  if (map.axes.size() != in.spatial().size())
    throw Error(WIDELIMIT_E_INTERNAL, "sites() must give one map for each spatial axis");
  for (std::size_t a = 0; a < map.axes.size(); ++a)
    if (map.axes[a].sites() != in.spatial()[a] || map.axes[a].rows() < 1 ||
        (!map.keeps_axes && map.axes[a].rows() != 1))
      throw Error(WIDELIMIT_E_INTERNAL,
                  "the map of axis " + std::to_string(a) + " does not fit the input's shape");
}

inline void accumulate_pairs(const PairedSites& pairs, const widelimit_gather& call) {
  for_each_output(call, [&](const auto& from, const auto& to) {
    using V = Vec<typename std::remove_cvref_t<decltype(from)>::scalar>;
    pairs.template add<V>(from, to);
  });
}

/// Calls f(weight, in, out, n) for every weight of the map and every sample: n channels of x from
/// offset `in` contribute to n channels of y from offset `out`.
template <class F>
void for_each_pair(const SiteMap& map, const Pass& pass, F f) {
  const auto channels = static_cast<std::size_t>(pass.in().channels());
  std::array<std::vector<AxisMap::Entry>, 4> entries;
  std::array<std::size_t, 4> sites{1, 1, 1, 1}, rows{1, 1, 1, 1};
  for (std::size_t a = 0; a < 4; ++a) {
    if (a >= map.axes.size()) {
      entries[a] = {{0, 0, 1}};
      continue;
    }
    entries[a] = map.axes[a].entries();
    sites[a] = static_cast<std::size_t>(map.axes[a].sites());
    rows[a] = static_cast<std::size_t>(map.axes[a].rows());
  }
  const auto at = [](std::int64_t i) { return static_cast<std::size_t>(i); };
  for (std::size_t sample = 0; sample < at(pass.batch()); ++sample)
    for (const auto& e0 : entries[0])
      for (const auto& e1 : entries[1])
        for (const auto& e2 : entries[2])
          for (const auto& e3 : entries[3]) {
            std::size_t in = sample * sites[0] + at(e0.site);
            in = ((in * sites[1] + at(e1.site)) * sites[2] + at(e2.site)) * sites[3] + at(e3.site);
            std::size_t out = sample * rows[0] + at(e0.row);
            out = ((out * rows[1] + at(e1.row)) * rows[2] + at(e2.row)) * rows[3] + at(e3.row);
            f(e0.weight * e1.weight * e2.weight * e3.weight, in * channels, out * channels,
              channels);
          }
}

inline void map_samples(const SiteMap& map, const Pass& pass) {
  std::fill(pass.y().begin(), pass.y().end(), 0.0);
  for_each_pair(map, pass, [&](double weight, std::size_t in, std::size_t out, std::size_t n) {
    for (std::size_t c = 0; c < n; ++c) pass.y()[out + c] += weight * pass.x()[in + c];
  });
}
inline void map_back(const SiteMap& map, const Pass& pass) {
  for_each_pair(map, pass, [&](double weight, std::size_t in, std::size_t out, std::size_t n) {
    for (std::size_t c = 0; c < n; ++c) pass.x_bar()[in + c] += weight * pass.y_bar()[out + c];
  });
}

/// The general layer for a linear map of sites.
template <class L>
struct SiteMapLayer : Wrapped<L> {
  using Wrapped<L>::Wrapped;
  using Wrapped<L>::own;

  static constexpr std::uint32_t min_inputs = 1, max_inputs = 1;

  void plan(Plan& plan) const {
    const SiteMap map = checked_map(plan.in());
    std::vector<std::int64_t> extents;
    double work = 4;  // a product and a sum for each of NNGP and NTK
    for (const AxisMap& axis : map.axes) {
      if (map.keeps_axes) extents.push_back(axis.rows());
      const double uses = static_cast<double>(axis.taps()) / static_cast<double>(axis.sites());
      work *= uses * uses;
    }
    plan.set_nature(WIDELIMIT_GATHERING);
    plan.set_spatial(extents);
    plan.set_flops_per_entry(work);
    plan.set_scratch(header + (extents.empty() ? DoubleSums::bytes : 0));
    if constexpr (Planned<L>) own.plan(plan);
  }

  // ---- infinite width ----

  void reads(Reads& reads) const {
    const SiteMap map = checked_map(reads.in());
    std::vector<std::vector<std::int64_t>> d(4, {0});  // of each axis
    for (std::size_t a = 0; a < map.axes.size(); ++a)
      d[a] = map.axes[a].displacements(map.keeps_axes ? reads.output()[a] : 0);
    for (const std::int64_t d0 : d[0])
      for (const std::int64_t d1 : d[1])
        for (const std::int64_t d2 : d[2])
          for (const std::int64_t d3 : d[3]) reads.add(std::array{d0, d1, d2, d3});
  }
  void begin(const widelimit_gather& call) const {
    pairs_of(call) = &pairs_->of(own, Shape(*call.in_shape[0]));
    begin_gathering(behind_header(call));
  }
  void accumulate(const widelimit_gather& call) const {
    accumulate_pairs(*pairs_of(call), behind_header(call));
  }
  void finish(const widelimit_gather& call) const { finish_gathering(behind_header(call)); }

  // ---- finite width ----

  void forward(const Pass& pass) const { map_samples(own.sites(pass.in()), pass); }
  void jvp(const Pass& pass) const { forward(pass.tangent()); }
  void vjp(const Pass& pass) const {
    if (!pass.x_bar().empty()) map_back(own.sites(pass.in()), pass);
  }

 private:
  /// The pairs of sites for every input shape that this layer has seen, because thousands of
  /// displacements and bundles use them. The contents of this cache depend on the shape alone.
  class Pairs {
   public:
    const PairedSites& of(const L& layer, const Shape& in) {
      std::vector<std::int64_t> shape(in.spatial().begin(), in.spatial().end());
      shape.push_back(in.channels());
      const std::lock_guard lock(mutex_);
      auto& entry = of_shape_[shape];
      if (!entry) entry = std::make_unique<PairedSites>(layer.sites(in).axes);
      return *entry;
    }

   private:
    std::mutex mutex_;
    std::map<std::vector<std::int64_t>, std::unique_ptr<const PairedSites>> of_shape_;
  };
  std::shared_ptr<Pairs> pairs_ = std::make_shared<Pairs>();

  // Scratch memory of a gathering: a pointer to its pairs, then the memory for the sums.
  static constexpr std::uint64_t header = 64;
  static const PairedSites*& pairs_of(const widelimit_gather& call) {
    return *static_cast<const PairedSites**>(call.scratch);
  }
  static widelimit_gather behind_header(widelimit_gather call) {
    call.scratch = static_cast<std::byte*>(call.scratch) + header;
    return call;
  }

  [[nodiscard]] SiteMap checked_map(const Shape& in) const {
    SiteMap map = own.sites(in);
    check_map(map, in);
    return map;
  }
};

}  // namespace detail

template <HasSites L>
struct LayerOf<L> {
  using type = detail::SiteMapLayer<L>;
};

}  // namespace widelimit::sdk
