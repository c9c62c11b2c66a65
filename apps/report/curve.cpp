// Douglas and Peucker's line simplification (Cartographica 10, 112, 1973), after thinning to a few
// points a column.
#include "curve.hpp"

#include "common/sizes.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace widelimit::report {
namespace {

/// First, lowest, highest and last point of each column, in the order of the curve.
Curve thinned(const Curve& curve, double width, int columns) {
  Curve result;
  for (std::size_t begin = 0; begin < curve.x.size();) {
    const auto column = [&](std::size_t i) {
      return std::floor((curve.x[i] - curve.x[0]) / width * columns);
    };
    std::size_t end = begin + 1;
    while (end < curve.x.size() && column(end) == column(begin)) ++end;
    const auto first = curve.y.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = curve.y.begin() + static_cast<std::ptrdiff_t>(end);
    const auto [low, high] = std::minmax_element(first, last);
    std::vector<std::ptrdiff_t> kept{first - curve.y.begin(), low - curve.y.begin(),
                                     high - curve.y.begin(), last - curve.y.begin() - 1};
    std::sort(kept.begin(), kept.end());
    kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
    for (const std::ptrdiff_t i : kept) result.add(curve.x[to_size(i)], curve.y[to_size(i)]);
    begin = end;
  }
  return result;
}

}  // namespace

Curve simplified_on_log_axes(const Curve& curve, int columns, double tolerance) {
  Curve logs;
  for (std::size_t i = 0; i < curve.x.size(); ++i) {
    if (std::isfinite(curve.x[i]) && std::isfinite(curve.y[i]) && curve.x[i] > 0 && curve.y[i] > 0)
      logs.add(std::log10(curve.x[i]), std::log10(curve.y[i]));
  }
  if (logs.empty()) return {};
  const auto extent = [](const std::vector<double>& values) {
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    return std::max(*high - *low, 1.0);
  };
  const double width = extent(logs.x), height = extent(logs.y);
  logs = thinned(logs, width, columns);

  std::vector<bool> keep(logs.x.size(), false);
  keep.front() = keep.back() = true;
  std::vector<std::pair<std::size_t, std::size_t>> pending{{0, logs.x.size() - 1}};
  while (!pending.empty()) {
    const auto [first, last] = pending.back();
    pending.pop_back();
    const double dx = (logs.x[last] - logs.x[first]) / width;
    const double dy = (logs.y[last] - logs.y[first]) / height;
    const double length = std::hypot(dx, dy);
    double farthest = tolerance;
    std::size_t split = first;
    for (std::size_t i = first + 1; i < last; ++i) {
      const double px = (logs.x[i] - logs.x[first]) / width;
      const double py = (logs.y[i] - logs.y[first]) / height;
      const double distance =
          length > 0 ? std::abs(px * dy - py * dx) / length : std::hypot(px, py);
      if (distance > farthest) {
        farthest = distance;
        split = i;
      }
    }
    if (split == first) continue;
    keep[split] = true;
    pending.emplace_back(first, split);
    pending.emplace_back(split, last);
  }
  Curve result;
  for (std::size_t i = 0; i < keep.size(); ++i) {
    if (keep[i]) result.add(std::pow(10.0, logs.x[i]), std::pow(10.0, logs.y[i]));
  }
  return result;
}

}  // namespace widelimit::report
