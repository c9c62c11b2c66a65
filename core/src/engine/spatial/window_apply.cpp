// Applies windows to fields: sums rows over all axes but the last, then sums along the row.
#include "base/sizes.hpp"
#include "engine/spatial/window_map.hpp"

#include <algorithm>
#include <cstddef>

namespace widelimit::detail {

namespace {

constexpr std::int64_t lanes = bundle_lanes;

// The last axis of a field. A field without axes is one row of one site.
std::size_t last_axis(const widelimit_linear& m) { return m.rank == 0 ? 0 : to_size(m.rank) - 1; }

// Applies one map row by row.
template <class T>
class Windows {
 public:
  Windows(const widelimit_linear& map, const Domain& in, const Domain& out)
      : map_(map), in_(in), last_(last_axis(map)), loops_(field_loops<T>()) {
    double taps = 1;
    for (std::size_t a = 0; a < to_size(map.rank); ++a)
      if (map.weight[a] == nullptr) taps *= map.window[a];
    for (std::size_t a = 0; a < last_; ++a) {
      outer_taps_ *= map.window[a];
      weighted_ = weighted_ || map.weight[a] != nullptr;
    }
    row_.columns = in.extent[last_];
    row_.first = out.origin[last_] * map.stride[last_] - map.pad_low[last_] - in.origin[last_];
    row_.stride = map.stride[last_];
    row_.taps = map.window[last_];
    row_.dilation = map.dilation[last_];
    if (map.weight[last_] != nullptr)
      for (std::int32_t t = 0; t < map.window[last_]; ++t)
        last_weights_.push_back(static_cast<T>(map.weight[last_][t]));
    row_.weight = last_weights_.empty() ? nullptr : last_weights_.data();
    row_.scale = static_cast<T>(map.scale / taps);
    row_.bias = static_cast<T>(map.bias);
    row_.ntk_nngp = static_cast<T>(map.ntk_nngp / taps);
    row_.ntk_bias = static_cast<T>(map.ntk_bias);
    row_.sites = out.extent[last_];
    has_three_taps_ = !weighted_ && outer_taps_ <= 3 && row_.columns > 0 &&
                      row_.weight == nullptr && row_.taps == 3 && row_.dilation == 1;
  }

  // Computes output row p. `buffer` has memory for two input rows.
  void compute_row(const FieldPart<T>& input, const Axes& p, T* buffer, T* nngp, T* ntk) {
    find_rows(p);
    row_.out_nngp = nngp;
    row_.out_ntk = ntk;
    if (has_three_taps_ && !offsets_.empty()) return map_three_rows(input, buffer, ntk != nullptr);
    row_.nngp = sum_rows(input.nngp, buffer);
    row_.ntk = ntk == nullptr ? nullptr : sum_rows(input.ntk, buffer + row_.columns * bundle_lanes);
    loops_.map_row(row_);
  }

 private:
  // Finds the input rows in the window of output row p, and their weights.
  void find_rows(const Axes& p) {
    offsets_.clear();
    weights_.clear();
    if (map_.rank == 2 && map_.weight[0] == nullptr) return find_rows_of_plane(p[0]);
    for (std::int32_t tap = 0; tap < outer_taps_; ++tap) {
      Axes q = in_.origin;
      double weight = 1;
      bool inside = row_.columns > 0;
      std::int32_t rest = tap;
      for (std::size_t a = last_; a-- > 0;) {
        const std::int32_t t = rest % map_.window[a];
        rest /= map_.window[a];
        q[a] = p[a] * map_.stride[a] + t * map_.dilation[a] - map_.pad_low[a];
        inside = inside && q[a] >= in_.origin[a] && q[a] < in_.origin[a] + in_.extent[a];
        if (map_.weight[a] != nullptr) weight *= map_.weight[a][t];
      }
      if (!inside) continue;
      offsets_.push_back(in_.index_of(q) * bundle_lanes);
      weights_.push_back(static_cast<T>(weight));
    }
  }

  // The same for images, the most common case.
  void find_rows_of_plane(std::int32_t p) {
    if (row_.columns == 0) return;
    const std::int32_t first = p * map_.stride[0] - map_.pad_low[0] - in_.origin[0];
    for (std::int32_t t = 0; t < map_.window[0]; ++t) {
      const std::int32_t q = first + t * map_.dilation[0];
      if (q < 0 || q >= in_.extent[0]) continue;
      offsets_.push_back(q * row_.columns * bundle_lanes);
      weights_.push_back(T{1});
    }
  }

  // Rows in the padding are zero.
  void map_three_rows(const FieldPart<T>& input, T* zeros, bool with_ntk) {
    if (!zeros_filled_) std::fill_n(zeros, row_.columns * bundle_lanes, T{0});
    zeros_filled_ = true;
    ThreeRows<T> rows;
    for (std::size_t r = 0; r < 3; ++r) {
      const bool inside = r < offsets_.size();
      rows.nngp[r] = inside ? input.nngp + offsets_[r] : zeros;
      rows.ntk[r] = inside && with_ntk ? input.ntk + offsets_[r] : zeros;
    }
    loops_.map_three_rows(row_, rows);
  }

  // The sum of the input rows. NULL if all are padding; a single row is not copied.
  const T* sum_rows(const T* field, T* buffer) {
    if (offsets_.empty()) return nullptr;
    if (offsets_.size() == 1 && weights_.front() == T{1}) return field + offsets_.front();
    rows_.clear();
    for (const std::int64_t at : offsets_) rows_.push_back(field + at);
    loops_.sum_rows(rows_.data(), weighted_ ? weights_.data() : nullptr,
                    static_cast<std::int64_t>(rows_.size()), row_.columns, buffer);
    return buffer;
  }

  const widelimit_linear& map_;
  const Domain& in_;
  std::size_t last_;
  const FieldLoops<T>& loops_;
  std::int32_t outer_taps_ = 1;
  bool weighted_ = false, has_three_taps_ = false, zeros_filled_ = false;
  RowMap<T> row_{};
  std::vector<T> last_weights_, weights_;
  std::vector<std::int64_t> offsets_;
  std::vector<const T*> rows_;
};

}  // namespace

template <class T>
void apply_window(const widelimit_linear& map, const FieldPart<T>& input, const Domain& output,
                  T* row, T* nngp, T* ntk) {
  Windows<T> windows(map, input.domain, output);
  const std::size_t last = last_axis(map);
  Domain rows = output;
  rows.extent[last] = std::min(rows.extent[last], 1);
  std::int64_t at = 0;
  for_each_site(rows, [&](const Axes& p) {
    windows.compute_row(input, p, row, nngp + at, ntk == nullptr ? nullptr : ntk + at);
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
