// Windows that move over spatial axes, for convolution and pooling. An author declares window,
// strides and padding as parameters. `window_axes` creates one Axis for each axis of the input, and
// rejects windows that do not fit with the name of the parameter.
//
// Thread safety: values and pure functions.
#pragma once

#include <widelimit/sdk/error.hpp>
#include <widelimit/sdk/fields.hpp>
#include <widelimit/sdk/views.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace widelimit::sdk {

/// The window of a linear map along one spatial axis; the default is a window of one site. Tap t of
/// output site i reads input site i * stride + t * dilation - pad_low. If the axis is circular,
/// this is taken modulo the extent of the input; otherwise sites outside the input are zero.
struct Axis {
  std::int32_t window = 1, stride = 1, dilation = 1, pad_low = 0, pad_high = 0;
  bool circular = false;
  /// The part of the variance that each tap contributes; NULL: 1 / window each. The array must live
  /// as long as the layer.
  const double* weight = nullptr;
};

/// Number of sites from the first tap of a window to its last.
inline std::int64_t reach_of(const Axis& axis) {
  return std::int64_t{axis.window - 1} * axis.dilation + 1;
}

/// Number of output sites along an axis of `input` sites.
inline std::int64_t output_extent(std::int64_t input, const Axis& axis) {
  const std::int64_t padded = input + axis.pad_low + axis.pad_high;
  if (axis.window < 1 || axis.stride < 1 || axis.dilation < 1 || padded < reach_of(axis))
    throw unsupported("a window that spans " + std::to_string(reach_of(axis)) +
                      " sites does not fit into an axis of " + std::to_string(padded));
  return (padded - reach_of(axis)) / axis.stride + 1;
}

/// The input site that tap `tap` of output site `i` reads; -1: padding.
inline std::int64_t site_of_tap(const Axis& axis, std::int64_t input, std::int64_t i,
                                std::int64_t tap) {
  const std::int64_t at = i * axis.stride + tap * axis.dilation - axis.pad_low;
  if (axis.circular) return (at % input + input) % input;
  return at >= 0 && at < input ? at : -1;
}

/// VALID: no padding; there are floor((n - reach) / stride) + 1 output sites. SAME: zero padding
/// such that there are ceil(n / stride) output sites; half of the padding, rounded down, is in
/// front. CIRCULAR: like SAME, but the axis is periodic.
enum class Padding { valid, same, circular };
/// The words of a parameter of this type: field("padding", &L::padding, "...", paddings).
inline constexpr auto paddings = one_of("VALID", "SAME", "CIRCULAR");

/// The parameters of a layer's windows, as in the experiment file. An empty list means all 1.
struct WindowParams {
  const char* name;  ///< of the parameter with the window sizes, for messages
  std::span<const std::int32_t> window, strides, dilation;
  Padding padding;
};

namespace detail {

inline void check_window_list(const char* name, std::span<const std::int32_t> list,
                              std::size_t axes, bool may_be_empty) {
  if (list.size() == axes || (may_be_empty && list.empty())) return;
  throw invalid(std::string("/").append(name),
                "must have one number for each spatial axis of the input, which has " +
                    std::to_string(axes) + ", got " + std::to_string(list.size()));
}

inline Axis window_axis(const WindowParams& params, std::size_t at, std::int64_t sites) {
  Axis axis;
  axis.window = params.window[at];
  if (!params.strides.empty()) axis.stride = params.strides[at];
  if (!params.dilation.empty()) axis.dilation = params.dilation[at];
  axis.circular = params.padding == Padding::circular;

  const std::int64_t reach = reach_of(axis);
  const auto refuse = [&](const std::string& remedy) {
    return invalid(std::string("/").append(params.name) + "/" + std::to_string(at),
                   "makes a window that spans " + std::to_string(reach) + " sites, but axis " +
                       std::to_string(at) + " of the input has " + std::to_string(sites) + ": " +
                       remedy);
  };
  const std::string smaller =
      axis.dilation > 1 ? "use a smaller window or dilation" : "use a smaller window";
  if (params.padding == Padding::valid) {
    if (reach > sites) throw refuse(smaller + ", or padding \"SAME\"");
    return axis;
  }
  if (axis.circular && reach > sites)
    throw refuse("padding \"CIRCULAR\" would read sites twice; " + smaller +
                 ", or padding \"SAME\"");
  if (reach > widelimit_longest_reach(sites)) throw refuse(smaller);
  const std::int64_t outputs = (sites + axis.stride - 1) / axis.stride;
  const std::int64_t padding =
      std::max<std::int64_t>((outputs - 1) * axis.stride + reach - sites, 0);
  axis.pad_low = static_cast<std::int32_t>(padding / 2);
  axis.pad_high = static_cast<std::int32_t>(padding - padding / 2);
  return axis;
}

}  // namespace detail

/// One Axis for each spatial axis of `in`, in order; the remaining ones have windows of one site.
/// Throws sdk::invalid if the length of a list is not the number of axes, or if a window does not
/// fit.
inline std::array<Axis, 4> window_axes(const Shape& in, const WindowParams& params) {
  const std::size_t n = in.spatial().size();
  if (n == 0)
    throw unsupported(
        "needs an input with spatial axes, and there are none: the data has none, or a flatten or "
        "global pooling came before; put this layer in front of that, or use \"dense\"");
  detail::check_window_list(params.name, params.window, n, false);
  detail::check_window_list("strides", params.strides, n, true);
  detail::check_window_list("dilation", params.dilation, n, true);
  std::array<Axis, 4> axes{};
  for (std::size_t a = 0; a < n; ++a) axes[a] = detail::window_axis(params, a, in.spatial()[a]);
  return axes;
}

/// Number of sites along each axis of the output.
inline std::vector<std::int64_t> output_extents(const Shape& in, const std::array<Axis, 4>& axes) {
  std::vector<std::int64_t> extents;
  for (std::size_t a = 0; a < in.spatial().size(); ++a)
    extents.push_back(output_extent(in.spatial()[a], axes[a]));
  return extents;
}

}  // namespace widelimit::sdk
