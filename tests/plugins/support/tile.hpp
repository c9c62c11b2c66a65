// Runs of kernel transforms on covariances of a test's own choice.
//
// Thread safety: free functions.
#pragma once

#include "plugins/support/plugin_file.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>
#include <vector>

namespace widelimit::plugin_tests {

/// Gives memory at addresses that are multiples of 64.
template <class T>
struct AlignedAllocator {
  using value_type = T;
  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>&) {}
  T* allocate(std::size_t n) {
    return static_cast<T*>(::operator new (n * sizeof(T), std::align_val_t{64}));
  }
  void deallocate(T* p, std::size_t) { ::operator delete (p, std::align_val_t{64}); }
  friend bool operator==(AlignedAllocator, AlignedAllocator) { return true; }
};

template <class T>
using Aligned = std::vector<T, AlignedAllocator<T>>;

/// A tile of a network without sites, as it crosses the boundary: rank 1, site = sample of x1,
/// lane = sample of x2; entry (site, lane) at site * lanes + lane.
template <class T>
struct Tile {
  std::int64_t sites, lanes;
  Aligned<T> nngp, ntk;
  bool has_ntk = true;

  Tile(std::int64_t n_sites, std::int64_t n_lanes)
      : sites(n_sites), lanes(n_lanes), nngp(entries()), ntk(entries()) {}
  [[nodiscard]] std::size_t entries() const { return static_cast<std::size_t>(sites * lanes); }

  [[nodiscard]] widelimit_field field() {
    widelimit_field f{};
    f.struct_size = sizeof f;
    f.dtype = std::is_same_v<T, float> ? WIDELIMIT_F32 : WIDELIMIT_F64;
    f.rank = 1;
    f.lanes = lanes;
    for (std::int64_t& extent : f.extent) extent = 1;
    f.extent[0] = sites;
    f.nngp = nngp.data();
    f.ntk = has_ntk ? ntk.data() : nullptr;
    return f;
  }
};

/// One run over whole tiles. `first`: variance of each site, or, as in the runs of (x, x) pairs
/// that make variances, of each entry; `second`: of each entry.
template <class T>
Tile<T> transform(const Layer& layer, std::vector<Tile<T>> inputs, const Aligned<T>& first,
                  const Aligned<T>& second, const widelimit_linear* pending = nullptr) {
  std::vector<widelimit_field> fields;
  for (Tile<T>& input : inputs) fields.push_back(input.field());
  std::vector<const widelimit_field*> field_pointers;
  for (const widelimit_field& field : fields) field_pointers.push_back(&field);
  Tile<T> output(inputs[0].sites, inputs[0].lanes);
  output.has_ntk = inputs[0].has_ntk;
  widelimit_field output_field = output.field();

  std::vector<std::int32_t> at;
  for (std::int32_t site = 0; site < output.sites; ++site) at.push_back(site);
  widelimit_variances variances{};
  variances.struct_size = sizeof variances;
  variances.first_lanes =
      first.size() == second.size() ? static_cast<std::uint32_t>(output.lanes) : 1;
  variances.first = first.data();
  variances.second = second.data();
  variances.first_at = variances.second_at = at.data();

  const std::vector<const widelimit_linear*> maps(inputs.size(), pending);
  widelimit_run run{};
  run.struct_size = sizeof run;
  run.n_inputs = run.n_fields = static_cast<std::uint32_t>(inputs.size());
  run.inputs = field_pointers.data();
  run.pending = pending != nullptr ? maps.data() : nullptr;
  run.variances = &variances;
  run.row_begin = 0;
  run.row_end = 1;  // a row is all sites of the last axis
  run.output = &output_field;
  run.in_shape = layer.input_pointers().data();
  call([&](widelimit_error* e) { return layer.type().infinite->transform(layer.get(), &run, e); });
  return output;
}

/// (u, v) ~ N(0, [[p, k], [k, q]]).
struct Covariance {
  double k, p, q;
};
struct MomentPair {
  double value, slope;
};

/// What a nonlinearity makes of each covariance, rounded to T; the slope is read off an NTK of 1.
/// Every entry fills a site of its own; that its lanes agree to the bit is checked.
template <class T>
std::vector<MomentPair> moments(const Layer& layer, const std::vector<Covariance>& points) {
  constexpr std::int64_t lanes = 16;
  Tile<T> input(static_cast<std::int64_t>(points.size()), lanes);
  Aligned<T> first(points.size()), second(input.entries());
  for (std::size_t i = 0; i < input.entries(); ++i) {
    const Covariance& point = points[i / lanes];
    input.nngp[i] = static_cast<T>(point.k);
    input.ntk[i] = 1;
    first[i / lanes] = static_cast<T>(point.p);
    second[i] = static_cast<T>(point.q);
  }
  const Tile<T> output = transform(layer, std::vector{std::move(input)}, first, second);
  std::vector<MomentPair> result;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const T* const value = output.nngp.data() + i * lanes;
    const T* const slope = output.ntk.data() + i * lanes;
    for (std::size_t lane = 1; lane < lanes; ++lane)
      if (std::memcmp(value + lane, value, sizeof(T)) != 0 ||
          std::memcmp(slope + lane, slope, sizeof(T)) != 0)
        throw std::runtime_error("lanes with equal input differ");
    result.push_back({static_cast<double>(*value), static_cast<double>(*slope)});
  }
  return result;
}

template <class T>
MomentPair moments_at(const Layer& layer, Covariance point) {
  return moments<T>(layer, {point})[0];
}

}  // namespace widelimit::plugin_tests
