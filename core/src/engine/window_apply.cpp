// Windows applied to fields by core itself: rows are summed over all axes but the last into one
// row, then along it. Contraction to fused multiply-adds is off for this room (CMakeLists.txt): the
// order of the sums and the roundings are part of the boundary (abi.h).
#include "engine/window_map.hpp"

#include <algorithm>
#include <cstddef>

namespace widelimit::detail {

namespace {

constexpr std::int64_t lanes = bundle_lanes;

// The last axis of a field; a field without axes is one row of one site.
std::size_t last_axis(const widelimit_linear& m) {
  return m.rank == 0 ? 0 : static_cast<std::size_t>(m.rank) - 1;
}

template <class T>
T weight_of(const widelimit_linear& m, std::size_t axis, std::int32_t tap) {
  return m.weight[axis] == nullptr ? T{1} : static_cast<T>(m.weight[axis][tap]);
}

template <class T>
void add(T* sum, const T* term, T weight, bool first, std::int64_t n) noexcept {
  if (first && weight == T{1})
    std::copy_n(term, n, sum);
  else if (first)
    for (std::int64_t i = 0; i < n; ++i) sum[i] = weight * term[i];
  else if (weight == T{1})
    for (std::int64_t i = 0; i < n; ++i) sum[i] += term[i];
  else
    for (std::int64_t i = 0; i < n; ++i) sum[i] += weight * term[i];
}

// What all rows of one call share.
template <class T>
class Windows {
 public:
  Windows(const widelimit_linear& map, const Domain& in, const Domain& out)
      : map_(map), in_(in), out_(out), last_(last_axis(map)) {
    double taps = 1;
    for (std::size_t a = 0; a < static_cast<std::size_t>(map.rank); ++a)
      if (map.weight[a] == nullptr) taps *= map.window[a];
    scale_ = static_cast<T>(map.scale / taps);
    bias_ = static_cast<T>(map.bias);
    ntk_nngp_ = static_cast<T>(map.ntk_nngp / taps);
    ntk_bias_ = static_cast<T>(map.ntk_bias);
    outer_taps_ = 1;
    for (std::size_t a = 0; a < last_; ++a) outer_taps_ *= map.window[a];
  }

  // The input's rows under the window of output row p, summed: `buffer`, or the row itself where
  // there is one only; NULL where all are padding.
  const T* summed_rows(const T* field, const Axes& p, T* buffer) const {
    const std::int64_t n = in_.extent[last_] * lanes;
    const T* result = nullptr;
    for (std::int32_t tap = 0; tap < outer_taps_; ++tap) {
      Axes q = in_.origin;
      T weight{1};
      bool inside = true;
      std::int32_t rest = tap;
      for (std::size_t a = last_; a-- > 0;) {
        const std::int32_t t = rest % map_.window[a];
        rest /= map_.window[a];
        q[a] = p[a] * map_.stride[a] + t * map_.dilation[a] - map_.pad_low[a];
        inside = inside && q[a] >= in_.origin[a] && q[a] < in_.origin[a] + in_.extent[a];
        weight *= weight_of<T>(map_, a, t);
      }
      if (!inside) continue;
      const T* const row = field + in_.index_of(q) * lanes;
      if (outer_taps_ == 1 && weight == T{1}) return row;
      add(buffer, row, weight, result == nullptr, n);
      result = buffer;
    }
    return result;
  }

  // Along the row: f(site of the output row, sum of its taps in `row`).
  template <class F>
  void along(const T* row, const T* row2, F&& f) const {
    for (std::int32_t x = 0; x < out_.extent[last_]; ++x) {
      alignas(64) T sum[lanes] = {}, sum2[lanes] = {};
      const std::int32_t from =
          (x + out_.origin[last_]) * map_.stride[last_] - map_.pad_low[last_] - in_.origin[last_];
      for (std::int32_t t = 0; t < map_.window[last_]; ++t) {
        const std::int32_t at = from + t * map_.dilation[last_];
        if (at < 0 || at >= in_.extent[last_]) continue;
        const T weight = weight_of<T>(map_, last_, t);
        if (row != nullptr)
          for (std::int64_t l = 0; l < lanes; ++l) sum[l] += weight * row[at * lanes + l];
        if (row2 != nullptr)
          for (std::int64_t l = 0; l < lanes; ++l) sum2[l] += weight * row2[at * lanes + l];
      }
      f(x, sum, sum2);
    }
  }

  void row(const FieldPart<T>& input, const Axes& p, T* buffer, T* nngp, T* ntk) const {
    const T* const k = summed_rows(input.nngp, p, buffer);
    if (ntk == nullptr) {
      along(k, nullptr, [&](std::int32_t x, const T* sum, const T*) {
        for (std::int64_t l = 0; l < lanes; ++l) nngp[x * lanes + l] = scale_ * sum[l] + bias_;
      });
      return;
    }
    const T* const t = summed_rows(input.ntk, p, buffer + in_.extent[last_] * lanes);
    along(k, t, [&](std::int32_t x, const T* sum, const T* sum2) {
      for (std::int64_t l = 0; l < lanes; ++l) {
        nngp[x * lanes + l] = scale_ * sum[l] + bias_;
        ntk[x * lanes + l] = ntk_nngp_ * sum[l] + scale_ * sum2[l] + ntk_bias_;
      }
    });
  }

 private:
  const widelimit_linear& map_;
  const Domain &in_, &out_;
  std::size_t last_;
  std::int32_t outer_taps_;
  T scale_, bias_, ntk_nngp_, ntk_bias_;
};

}  // namespace

template <class T>
void apply_window(const widelimit_linear& map, const FieldPart<T>& input, const Domain& output,
                  T* row, T* nngp, T* ntk) {
  const Windows<T> windows(map, input.domain, output);
  const std::size_t last = last_axis(map);
  Domain rows = output;
  rows.extent[last] = std::min(rows.extent[last], 1);
  std::int64_t at = 0;
  for_each_site(rows, [&](const Axes& p) {
    windows.row(input, p, row, nngp + at, ntk == nullptr ? nullptr : ntk + at);
    at += output.extent[last] * lanes;
  });
}

template <class T>
void join_parts(const FieldPart<T>* parts, std::size_t n, const Image& image, const Domain& reach,
                T* nngp, T* ntk) {
  std::int64_t at = 0;
  for_each_site(reach, [&](const Axes& p) {
    Axes q{};
    for (std::size_t a = 0; a < image.axes(); ++a) {
      const std::int32_t e = image.extent[a];
      q[a] = (p[a] % e + e) % e;
    }
    for (std::size_t i = 0; i < n; ++i) {
      if (!parts[i].domain.contains(q)) continue;
      const std::int64_t from = parts[i].domain.index_of(q) * lanes;
      std::copy_n(parts[i].nngp + from, lanes, nngp + at);
      if (ntk != nullptr) std::copy_n(parts[i].ntk + from, lanes, ntk + at);
      break;
    }
    at += lanes;
  });
}

template void apply_window(const widelimit_linear&, const FieldPart<float>&, const Domain&, float*,
                           float*, float*);
template void apply_window(const widelimit_linear&, const FieldPart<double>&, const Domain&,
                           double*, double*, double*);
template void join_parts(const FieldPart<float>*, std::size_t, const Image&, const Domain&, float*,
                         float*);
template void join_parts(const FieldPart<double>*, std::size_t, const Image&, const Domain&,
                         double*, double*);

}  // namespace widelimit::detail
