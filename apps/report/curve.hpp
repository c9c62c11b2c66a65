// Makes curves of many points small without a visible difference.
// Thread safety: pure functions.
#pragma once

#include <vector>

namespace widelimit::report {

struct Curve {
  std::vector<double> x, y;
  void add(double at, double value) {
    x.push_back(at);
    y.push_back(value);
  }
  [[nodiscard]] bool empty() const noexcept { return x.empty(); }
};

/// A curve for logarithmic axes: points that are not finite and positive in both coordinates are
/// left out, and of the others those that lie within `tolerance` of the straight line between the
/// ones kept (Douglas and Peucker 1973). `tolerance` is a fraction of the curve's extent (at least
/// one decade) in each direction, so 1e-3 is a third of a pixel in a picture 350 pixels wide. `x`
/// must not decrease. Noise, which no simplification helps, is bounded first: to the first, lowest,
/// highest and last point of each of `columns` columns.
Curve simplified_on_log_axes(const Curve& curve, int columns = 400, double tolerance = 1e-3);

}  // namespace widelimit::report
