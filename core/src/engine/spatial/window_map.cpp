// Properties and composition of maps with windows.
#include "engine/spatial/window_map.hpp"

#include "base/sizes.hpp"
#include "engine/plan/linear_map.hpp"

#include <cmath>
#include <cstddef>

namespace widelimit::detail {

namespace {

PointMap scalars_of(const widelimit_linear& m) {
  return {.scale = m.scale, .bias = m.bias, .ntk_nngp = m.ntk_nngp, .ntk_bias = m.ntk_bias};
}

std::size_t axes_of(const widelimit_linear& m) { return to_size(m.rank); }

bool is_circular(const widelimit_linear& m, std::size_t axis) {
  return (m.circular >> axis & 1U) != 0;
}

bool has_one_tap(const widelimit_linear& m, std::size_t axis) {
  return m.window[axis] == 1 && (m.weight[axis] == nullptr || *m.weight[axis] == 1);
}

bool reads_padding(const widelimit_linear& m, std::size_t axis) {
  return !is_circular(m, axis) && (m.pad_low[axis] > 0 || m.pad_high[axis] > 0);
}

bool weights_sum_to_one(const widelimit_linear& m, std::size_t axis) {
  if (m.weight[axis] == nullptr) return true;
  double sum = 0;
  for (int t = 0; t < m.window[axis]; ++t) sum += m.weight[axis][t];
  return sum == 1;
}

// The window of `window` with the numbers of `both`.
widelimit_linear with_scalars(widelimit_linear window, const PointMap& both) {
  window.scale = both.scale;
  window.bias = both.bias;
  window.ntk_nngp = both.ntk_nngp;
  window.ntk_bias = both.ntk_bias;
  return window;
}

}  // namespace

widelimit_linear identity_map(int rank) noexcept {
  widelimit_linear l{};
  l.struct_size = sizeof l;
  l.rank = rank;
  for (std::size_t a = 0; a < max_axes; ++a) l.window[a] = l.stride[a] = l.dilation[a] = 1;
  l.scale = 1;
  return l;
}

bool is_point_map(const widelimit_linear& m) noexcept {
  for (std::size_t a = 0; a < axes_of(m); ++a)
    if (!has_one_tap(m, a) || m.stride[a] != 1 || m.pad_low[a] != 0 || m.pad_high[a] != 0)
      return false;
  return true;
}

bool is_identity(const widelimit_linear& m) noexcept {
  return is_point_map(m) && scalars_of(m).is_identity();
}

bool is_window_within(const std::array<std::int32_t, 4>& max_window,
                      const widelimit_linear& m) noexcept {
  if (m.rank == 0 || m.ntk_nngp != m.scale || m.ntk_bias != m.bias) return false;
  const std::size_t last = axes_of(m) - 1;
  for (std::size_t a = 0; a <= last; ++a) {
    if (is_circular(m, a) || m.stride[a] != 1 || m.dilation[a] != 1 || m.weight[a] != nullptr)
      return false;
    const bool one = m.window[a] == 1 && m.pad_low[a] == 0 && m.pad_high[a] == 0;
    const bool largest =
        max_window[a] > 1 && m.window[a] == max_window[a] && m.pad_low[a] < m.window[a];
    if (!largest && (a == last || !one)) return false;
  }
  return true;
}

std::optional<widelimit_linear> compose(const widelimit_linear& first,
                                        const widelimit_linear& second) noexcept {
  const PointMap both = detail::compose(scalars_of(first), scalars_of(second));
  const std::size_t axes = axes_of(first);
  bool subsampling = true, window_after_point = is_point_map(first);
  for (std::size_t a = 0; a < axes; ++a) {
    subsampling =
        subsampling && has_one_tap(second, a) && second.pad_low[a] == 0 && second.pad_high[a] == 0;
    window_after_point = window_after_point && weights_sum_to_one(second, a) &&
                         ((first.bias == 0 && first.ntk_bias == 0) || !reads_padding(second, a));
  }
  if (subsampling) {
    widelimit_linear window = first;
    for (std::size_t a = 0; a < axes; ++a) window.stride[a] *= second.stride[a];
    return with_scalars(window, both);
  }
  if (window_after_point) return with_scalars(second, both);
  return std::nullopt;
}

void find_input_displacements(const widelimit_linear& m, const Image& input, const Axes& d,
                              std::vector<Axes>& read) {
  read.assign(1, Axes{});
  for (std::size_t a = 0; a < input.axes(); ++a) {
    const std::int32_t n = input.extent[a], whole = m.stride[a] * d[a];
    const std::int32_t first = is_circular(m, a) ? (whole % n + n) % n : whole;
    if (std::abs(first) >= n) return read.clear();
    for (Axes& r : read) r[a] = first;
    if (!is_circular(m, a) || first == 0) continue;
    // Circular: the displacement modulo the image has two parts.
    read.resize(2 * read.size());
    for (std::size_t i = read.size() / 2; i-- > 0;) {
      read[2 * i + 1] = read[2 * i] = read[i];
      read[2 * i + 1][a] -= n;
    }
  }
}

Domain reach_of(const widelimit_linear& m, const Image& input, const Axes& d,
                const Domain& output) noexcept {
  Axes straight{};
  for (std::size_t a = 0; a < input.axes(); ++a)
    if (!is_circular(m, a)) straight[a] = m.stride[a] * d[a];
  Domain reach(input, straight);
  for (std::size_t a = 0; a < input.axes(); ++a)
    if (is_circular(m, a)) {
      reach.origin[a] = output.origin[a] * m.stride[a] - m.pad_low[a];
      reach.extent[a] =
          (output.extent[a] - 1) * m.stride[a] + (m.window[a] - 1) * m.dilation[a] + 1;
    }
  return reach;
}

}  // namespace widelimit::detail
