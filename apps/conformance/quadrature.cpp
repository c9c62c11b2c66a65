// The line is cut into panels on each of which f and f' are polynomials to rounding error: a panel
// whose Legendre coefficients do not decay is halved, so panels crowd around kinks and jumps
// (Trefethen, Approximation Theory and Approximation Practice, ch. 8 and 19). The density of (u, v)
// is as smooth as its conditional deviations are wide, and panels are narrower than those. Then
// Gauss-Legendre rules on all pairs of panels converge geometrically. How far out the integrand
// matters is found by looking: exp(u) at variance 42 has its weight 13 deviations away.
#include "quadrature.hpp"

#include "common/sizes.hpp"
#include "kernel.hpp"

#include <boost/math/quadrature/gauss.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

namespace widelimit::conformance {
namespace {

constexpr double pi = std::numbers::pi;
/// Deviations beyond which nobody looks.
constexpr double furthest_radius = 40;
/// Arguments beyond so many deviations are not likely.
constexpr double likely = 12;

/// A quadrature rule on [-1, 1].
struct Rule {
  std::vector<double> nodes, weights;
};

/// The Gauss-Legendre rule of an even number of points, of which Boost keeps the positive half.
template <unsigned Points>
Rule gauss_legendre() {
  static_assert(Points % 2 == 0);
  using Half = boost::math::quadrature::gauss<double, Points>;
  Rule rule;
  for (const double sign : {-1.0, 1.0})
    for (std::size_t i = 0; i < Half::abscissa().size(); ++i) {
      rule.nodes.push_back(sign * Half::abscissa()[i]);
      rule.weights.push_back(Half::weights()[i]);
    }
  return rule;
}

/// Few points suffice on panels that are narrow for a smooth function.
struct Rules {
  Rule wide, narrow, narrowest;
  [[nodiscard]] const Rule& of(double relative_width) const {
    return relative_width > 1e-4 ? wide : relative_width > 1e-8 ? narrow : narrowest;
  }
};

/// The rules of a result, and those of the result it is compared with.
const std::array<Rules, 2>& both_rules() {
  static const std::array<Rules, 2> both{
      {{gauss_legendre<16>(), gauss_legendre<6>(), gauss_legendre<4>()},
       {gauss_legendre<12>(), gauss_legendre<4>(), gauss_legendre<2>()}}};
  return both;
}

struct Panel {
  double low, high;
  [[nodiscard]] double middle() const { return low + (high - low) / 2; }
};

/// f and f' at some arguments.
struct Samples {
  std::vector<double> x, value, slope;
  void evaluate(const Curve& curve) { curve(x, value, slope); }
};

// ---- how far out the integrand matters ----

double log_size(double f, double g) {
  const double size = std::abs(f) * std::abs(g);
  // Where an improbable argument gives no number, others decide.
  return std::isnan(size) ? -HUGE_VAL : std::log(std::abs(f)) + std::log(std::abs(g));
}

/// In deviations; 0: it matters everywhere.
double radius_of(const Curve& curve, double a, double theta, double b) {
  constexpr int circles = static_cast<int>(2 * furthest_radius), angles = 48;
  Samples u, v;
  for (int i = 1; i <= circles; ++i)
    for (int j = 0; j < angles; ++j) {
      const double r = i * furthest_radius / circles, t = j * 2 * pi / angles;
      u.x.push_back(std::sqrt(a) * r * std::cos(t));
      v.x.push_back(std::sqrt(b) * r * std::cos(t - theta));
    }
  u.evaluate(curve);
  v.evaluate(curve);
  std::array<std::vector<double>, 2> size;
  std::array<double, 2> peak{-HUGE_VAL, -HUGE_VAL};
  for (std::size_t k = 0; k < u.x.size(); ++k) {
    const double r = (static_cast<double>(k / angles) + 1) * furthest_radius / circles;
    const std::array<double, 2> here{log_size(u.value[k], v.value[k]) - r * r / 2,
                                     log_size(u.slope[k], v.slope[k]) - r * r / 2};
    for (std::size_t m = 0; m < 2; ++m) {
      if (k % angles == 0) size[m].push_back(-HUGE_VAL);
      size[m].back() = std::max(size[m].back(), here[m]);
      peak[m] = std::max(peak[m], here[m]);
    }
  }
  constexpr double negligible = 44;  // a factor of 1e-19
  std::size_t needed = 0;
  for (std::size_t m = 0; m < 2; ++m)
    for (std::size_t i = 0; i < size[m].size(); ++i)
      if (std::isinf(peak[m]) ? size[m][i] > 0 : size[m][i] > peak[m] - negligible)
        needed = std::max(needed, i + 1);
  if (needed + 2 > to_size(circles)) return 0;
  return static_cast<double>(needed + 2) * furthest_radius / circles;
}

// ---- panels ----

/// The largest of the last two Legendre coefficients of what has these values at the nodes of the
/// rule of 16 points.
double tail(const double* values) {
  static const Rule rule = gauss_legendre<16>();
  constexpr int n = 16;
  double worst = 0;
  for (const int degree : {n - 2, n - 1}) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
      double before = 1, p = rule.nodes[i];  // P_0, P_1
      for (int k = 1; k < degree; ++k)
        before = std::exchange(p, ((2 * k + 1) * rule.nodes[i] * p - k * before) / (k + 1));
      sum += rule.weights[i] * values[i] * p;
    }
    worst = std::max(worst, std::abs(sum) * (2 * degree + 1) / 2);
  }
  return worst;
}

/// Cuts [-reach, reach] until f and f' are resolved where a density of this deviation matters.
class Resolver {
 public:
  Resolver(const Curve& curve, double least, double deviation)
      : curve_(curve), least_(least), deviation_(deviation) {}

  /// Nothing where that takes too many panels.
  std::vector<Panel> panels(double reach) {
    constexpr int first_panels = 48;  // even: a kink in zero lies between two
    constexpr std::size_t most_panels = 20'000;
    std::vector<Panel> open, done;
    for (int i = 0; i < first_panels; ++i)
      open.push_back(
          {reach * (2.0 * i / first_panels - 1), reach * (2.0 * (i + 1) / first_panels - 1)});
    while (!open.empty()) {
      const std::vector<bool> smooth = are_smooth(open, 1e-14);
      std::vector<Panel> halves;
      for (std::size_t k = 0; k < open.size(); ++k) {
        const Panel& p = open[k];
        if (smooth[k] || p.high - p.low <= narrowest_at(p.low)) {
          done.push_back(p);
        } else {
          halves.push_back({p.low, p.middle()});
          halves.push_back({p.middle(), p.high});
        }
      }
      open = std::move(halves);
      if (open.size() + done.size() > most_panels) return {};
      if (open.empty()) open = take_unseen(done);
    }
    return done;
  }

 private:
  static constexpr std::size_t n = 16;
  static constexpr double above_rounding = 1e-11;

  [[nodiscard]] double narrowest_at(double x) const { return 1e-13 * (std::abs(x) + least_); }
  [[nodiscard]] double root_of_density(double x) const {
    return std::exp(-x * x / (4 * deviation_ * deviation_));
  }

  std::vector<bool> are_smooth(const std::vector<Panel>& panels, double enough) {
    static const Rule rule = gauss_legendre<n>();
    Samples at;
    for (const Panel& p : panels)
      for (const double node : rule.nodes) at.x.push_back(p.middle() + (p.high - p.low) / 2 * node);
    at.evaluate(curve_);
    for (std::size_t i = 0; i < at.x.size(); ++i) {
      const double root = root_of_density(at.x[i]);
      if (std::isfinite(at.value[i]))
        largest_[0] = std::max(largest_[0], root * std::abs(at.value[i]));
      if (std::isfinite(at.slope[i]))
        largest_[1] = std::max(largest_[1], root * std::abs(at.slope[i]));
    }
    std::vector<bool> smooth;
    for (std::size_t k = 0; k < panels.size(); ++k) {
      const Panel& p = panels[k];
      const double root = root_of_density(p.low > 0 ? p.low : p.high < 0 ? p.high : 0);
      smooth.push_back(tail(&at.value[k * n]) * root <= enough * largest_[0] &&
                       tail(&at.slope[k * n]) * root <= enough * largest_[1]);
    }
    return smooth;
  }

  /// Sorts the panels, and takes away those with a kink that no node has seen, because it is nearer
  /// to an end than any node: the part next to that end is returned, the rest stays.
  std::vector<Panel> take_unseen(std::vector<Panel>& done) {
    std::sort(done.begin(), done.end(),
              [](const Panel& p, const Panel& q) { return p.low < q.low; });
    std::vector<Panel> across;
    for (std::size_t i = 0; i + 1 < done.size(); ++i) {
      const double half =
          std::min(done[i].high - done[i].low, done[i + 1].high - done[i + 1].low) / 2;
      across.push_back({done[i].high - 0.9 * half, done[i].high + half});
    }
    const std::vector<bool> smooth = are_smooth(across, above_rounding);
    std::vector<Panel> unseen;
    for (std::size_t i = 0; i < done.size(); ++i) {
      Panel& p = done[i];
      if (i + 1 < done.size() && !smooth[i]) {
        const double size = unseen_size(p.high, p.low - p.high);
        if (size != 0) unseen.push_back({p.high + size, p.high});
        p.high += size;
      }
      if (i > 0 && !smooth[i - 1]) {
        const double size = unseen_size(p.low, p.high - p.low);
        if (size != 0) unseen.push_back({p.low, p.low + size});
        p.low += size;
      }
    }
    return unseen;
  }
  /// Of the largest interval that begins at an end of a panel and is not smooth; 0: there is none.
  double unseen_size(double end, double size) {
    constexpr double between_nodes = 0.01;  // the first node of 16 is at 0.005
    std::vector<Panel> zones;
    for (size *= between_nodes; std::abs(size) > narrowest_at(end); size *= between_nodes)
      zones.push_back({std::min(end, end + size), std::max(end, end + size)});
    const std::vector<bool> smooth = are_smooth(zones, above_rounding);
    for (std::size_t i = 0; i < zones.size(); ++i)
      if (!smooth[i]) return std::copysign(zones[i].high - zones[i].low, size);
    return 0;
  }

  const Curve& curve_;
  double least_, deviation_;
  std::array<double, 2> largest_{0, 0};  // of |f| and |f'| times the root of the density
};

/// The same panels, cut to at most this width.
std::vector<Panel> cut(const std::vector<Panel>& panels, double width) {
  std::vector<Panel> narrow;
  for (const Panel& p : panels) {
    const double parts = std::max(1.0, std::ceil((p.high - p.low) / width));
    for (double i = 0; i < parts; ++i)
      narrow.push_back(
          {p.low + (p.high - p.low) * (i / parts), p.low + (p.high - p.low) * ((i + 1) / parts)});
  }
  return narrow;
}

// ---- sums ----

struct Sums {
  double value = 0, slope = 0, value_size = 0, slope_size = 0;
  void add(double weight, double value_product, double slope_product) {
    value += weight * value_product;
    slope += weight * slope_product;
    value_size += weight * std::abs(value_product);
    slope_size += weight * std::abs(slope_product);
  }
};

struct WeightedSamples : Samples {
  std::vector<double> weight;
  WeightedSamples(const std::vector<Panel>& panels, const Rules& rules, double scale) {
    for (const Panel& p : panels) {
      const double half = (p.high - p.low) / 2;
      const Rule& rule = rules.of(2 * half / scale);
      // Ascending, as the panels are.
      std::vector<std::pair<double, double>> of_panel;
      for (std::size_t i = 0; i < rule.nodes.size(); ++i)
        of_panel.emplace_back(p.middle() + half * rule.nodes[i], half * rule.weights[i]);
      std::sort(of_panel.begin(), of_panel.end());
      for (const auto& [node, w] : of_panel) {
        x.push_back(node);
        weight.push_back(w);
      }
    }
  }
};

/// v = u sqrt(b / a) or its opposite: an integral over a line.
Sums along_line(const Curve& curve, std::vector<Panel> panels, const Rules& rules, double a,
                double factor, double radius) {
  // Between the ends of panels of u and of v.
  std::vector<double> ends;
  for (const Panel& p : panels)
    for (const double end : {p.low, p.high}) {
      ends.push_back(end);
      ends.push_back(end / factor);
    }
  std::sort(ends.begin(), ends.end());
  panels.clear();
  for (std::size_t i = 1; i < ends.size(); ++i)
    if (ends[i] > ends[i - 1] && ends[i] <= radius * std::sqrt(a) &&
        ends[i - 1] >= -radius * std::sqrt(a))
      panels.push_back({ends[i - 1], ends[i]});
  WeightedSamples u(cut(panels, 0.75 * std::sqrt(a)), rules, std::sqrt(a));
  Samples v;
  for (const double x : u.x) v.x.push_back(factor * x);
  u.evaluate(curve);
  v.evaluate(curve);
  Sums sums;
  for (std::size_t i = 0; i < u.x.size(); ++i)
    sums.add(u.weight[i] * std::exp(-u.x[i] * u.x[i] / (2 * a)) / std::sqrt(2 * pi * a),
             u.value[i] * v.value[i], u.slope[i] * v.slope[i]);
  return sums;
}

Sums over_plane(const Curve& curve, const std::vector<Panel>& panels, const Rules& rules, double a,
                double q, double b, double radius) {
  const double given_u = std::sqrt(b - q * q / a), given_v = std::sqrt(a - q * q / b);
  const double width = 1.2 * std::min(given_u, given_v);
  WeightedSamples nodes(cut(panels, width), rules, std::min(std::sqrt(a), std::sqrt(b)));
  nodes.evaluate(curve);
  Sums sums;
  for (std::size_t i = 0; i < nodes.x.size(); ++i) {
    const double u = nodes.x[i], mean = q / a * u;
    const double of_u =
        nodes.weight[i] * std::exp(-u * u / (2 * a)) / (2 * pi * std::sqrt(a) * given_u);
    if (of_u == 0) continue;
    const auto from = std::lower_bound(nodes.x.begin(), nodes.x.end(), mean - radius * given_u);
    for (auto j = to_size(from - nodes.x.begin());
         j < nodes.x.size() && nodes.x[j] <= mean + radius * given_u; ++j) {
      const double z = (nodes.x[j] - mean) / given_u;
      sums.add(of_u * nodes.weight[j] * std::exp(-z * z / 2), nodes.value[i] * nodes.value[j],
               nodes.slope[i] * nodes.slope[j]);
    }
  }
  return sums;
}

void require_numbers(const Curve& curve, double deviation) {
  Samples at;
  for (int i = -48; i <= 48; ++i) at.x.push_back(deviation * likely * i / 48);
  at.evaluate(curve);
  for (std::size_t i = 0; i < at.x.size(); ++i)
    if (std::isnan(at.value[i]) || std::isnan(at.slope[i]))
      throw Finding(std::string(std::isnan(at.value[i]) ? "value" : "slope") +
                    " at x = " + number(at.x[i]) +
                    " is not a number; activations are Gaussian, so every real number occurs");
}

}  // namespace

Moments gaussian_moments(const Curve& curve, double a, double q, double b) {
  const double deviation = std::sqrt(std::max(a, b)), least = std::sqrt(std::min(a, b));
  require_numbers(curve, deviation);
  const double correlation = std::clamp(q / std::sqrt(a * b), -1.0, 1.0);
  const double radius = radius_of(curve, a, std::acos(correlation), b);
  Moments moments;
  if (radius == 0) {
    moments.problem =
        "the function grows too fast for a reference at variance " + number(deviation * deviation);
    return moments;
  }
  const std::vector<Panel> panels = Resolver(curve, least, deviation).panels(radius * deviation);
  if (panels.empty()) {
    moments.problem = "the function changes too fast for a reference at variance " +
                      number(deviation * deviation);
    return moments;
  }
  std::array<Sums, 2> sums;
  for (std::size_t i = 0; i < 2; ++i) {
    constexpr double on_a_line = 1 - 1e-12;
    const double factor = std::copysign(std::sqrt(b / a), correlation);
    sums[i] = std::abs(correlation) > on_a_line
                  ? along_line(curve, panels, both_rules()[i], a, factor, radius)
                  : over_plane(curve, panels, both_rules()[i], a, q, b, radius);
  }
  constexpr double rounding = 1e-14;
  moments.value = sums[0].value;
  moments.slope = sums[0].slope;
  moments.value_error = std::abs(sums[0].value - sums[1].value) + rounding * sums[0].value_size;
  moments.slope_error = std::abs(sums[0].slope - sums[1].slope) + rounding * sums[0].slope_size;
  if (!std::isfinite(moments.value_error + moments.slope_error))
    moments.problem = "the function overflows at variance " + number(deviation * deviation);
  return moments;
}

}  // namespace widelimit::conformance
