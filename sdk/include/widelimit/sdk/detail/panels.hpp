// Intervals on each of which f and f' are resolved by a Gauss-Legendre rule at one variance. A
// panel of which two halves give other integrals than the whole is halved. A place at which this
// goes on for very small panels is a kink that the author has not stated: it is located, and
// becomes an end of panels. Neighbours that can do with one rule are merged again.
//
// Thread safety: values.
#pragma once

#include <widelimit/sdk/detail/gauss_legendre.hpp>
#include <widelimit/sdk/detail/kinks.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>

namespace widelimit::sdk::detail {

/// Arguments are in units of the deviation. The ends serve x > 0 and x < 0 alike.
struct Panels {
  static constexpr std::size_t order = 16;
  static constexpr std::size_t most = 160, most_foci = 96;
  /// A density is resolved on panels of this many deviations.
  static constexpr double widest = 4;

  /// A place around which something happens on the scale of `width`: a kink, or a narrow feature.
  struct Focus {
    double at, width;
    bool is_kink;
    /// Of f', at a kink of a piecewise linear function.
    double jump;
  };

  std::size_t count;
  std::array<double, most + 1> end;
  std::array<bool, most + 1> end_is_kink;
  std::size_t foci;
  std::array<Focus, most_foci> focus;
  /// Beyond this, f^2 and f'^2 times the density are below rounding error. Their roots are so
  /// beyond the last end.
  double square_reach;
  /// What is not resolved, relative to E[f^2] and E[f'^2].
  double error;
  /// False: f^2 times the density does not decay as far as anybody looks.
  bool decays;
  /// f is continuous and f' constant between kinks.
  bool piecewise_linear;
};

template <class Layer>
class PanelMaker {
 public:
  PanelMaker(const Layer& layer, double variance, const Kinks& kinks, Panels& panels)
      : layer_(layer), deviation_(std::sqrt(variance)), panels_(panels) {
    panels_.count = panels_.foci = 0;
    panels_.error = 0;
    panels_.decays = true;
    panels_.piecewise_linear = false;
    find_reach(kinks);
    if (!panels_.decays) return;
    add_kink(0);
    for (const double kink : kinks) add_kink(kink / deviation_);
    divide();
    merge();
    find_kinks_at_ends();
    find_foci();
    find_jumps();
  }

 private:
  static constexpr double tolerance = 1e-13;
  /// Panels below this part of their distance from the mean are signs of a kink.
  static constexpr double suspicious = 1.0 / (1 << 13);
  static constexpr std::size_t most_kinks = 64;

  /// Of [value or slope][x > 0 or x < 0].
  struct Integrals {
    double square[2][2]{}, root[2][2]{};

    Integrals& operator+=(const Integrals& other) {
      for (int f = 0; f < 2; ++f)
        for (int side = 0; side < 2; ++side) {
          square[f][side] += other.square[f][side];
          root[f][side] += other.root[f][side];
        }
      return *this;
    }
    friend Integrals operator+(Integrals a, const Integrals& b) { return a += b; }
  };
  struct Part {
    double low, high;
    Integrals integrals;
  };

  /// Logarithms of |f| and |f'| times the root of the density, at a distance from the mean.
  struct Height {
    double x, of[2];
  };
  [[nodiscard]] Height height_at(double x) const {
    const double u = deviation_ * x;
    const double f[2] = {std::max(std::abs(layer_.value(u)), std::abs(layer_.value(-u))),
                         std::max(std::abs(layer_.slope(u)), std::abs(layer_.slope(-u)))};
    return {x, {std::log(f[0]) - 0.25 * x * x, std::log(f[1]) - 0.25 * x * x}};
  }

  // How far out the integrand matters is found by looking: for exp(u) at variance 42, f^2 times the
  // density has its greatest value 13 deviations away. Samples are half a deviation apart, and near
  // zero also as far apart as the smallest features of functions, which may be zero elsewhere.
  void find_reach(const Kinks& kinks) {
    constexpr std::size_t steps = 80, fine_steps = 256;
    constexpr double step = 0.5, fine_step = 1.0 / 8, negligible = 37;  // e^-37 = 1e-16
    std::array<Height, steps + 1 + fine_steps> heights;
    std::size_t n = 0;
    for (; n <= steps; ++n) {
      heights[n] = height_at(static_cast<double>(n) * step);
      if (!(heights[n].of[0] < infinity) || (!(heights[n].of[1] < infinity) && n > 0)) break;
      if (heights[n].of[1] == infinity) heights[n].of[1] = -infinity;
    }
    const Height outermost = n > 0 ? heights[n - 1] : Height{0, {-infinity, -infinity}};
    const double furthest = std::max(outermost.x, step);
    for (std::size_t i = 1; i <= fine_steps; ++i) {
      const double x = static_cast<double>(i) * fine_step / deviation_;
      if (!(x < furthest)) break;
      const Height height = height_at(x);
      if (height.of[0] < infinity && height.of[1] < infinity) heights[n++] = height;
    }
    double reach = step, square_reach = step;
    for (int k = 0; k < 2; ++k) {
      double highest = -infinity;
      for (std::size_t i = 0; i < n; ++i) highest = std::max(highest, heights[i].of[k]);
      if (highest == -infinity) continue;
      for (std::size_t i = 0; i < n; ++i) {
        if (heights[i].of[k] > highest - negligible) reach = std::max(reach, heights[i].x + step);
        if (heights[i].of[k] > highest - negligible / 2)
          square_reach = std::max(square_reach, heights[i].x + step);
      }
      if (outermost.of[k] > highest - negligible) {
        panels_.error = std::max(panels_.error, std::exp(2 * (outermost.of[k] - highest)));
        panels_.decays = panels_.decays && outermost.of[k] < highest;
      }
    }
    // Samples may all miss what lies between kinks.
    constexpr double root_reach = 13, own_reach = 9;  // e^(-x^2/4) and e^(-x^2/2) are below 1e-17
    for (const double kink : kinks) {
      const double x = std::abs(kink) / deviation_;
      if (!(x < furthest)) continue;
      reach = std::max(reach, std::min(x + step, root_reach));
      square_reach = std::max(square_reach, std::min(x + step, own_reach));
    }
    reach_ = std::min(reach, furthest);
    panels_.square_reach = std::min(square_reach, furthest);
  }

  void add_kink(double x) {
    x = std::abs(x);
    if (x < reach_ && kinks_ < most_kinks && !is_kink(x)) kink_[kinks_++] = x;
  }
  [[nodiscard]] bool is_kink(double end) const {
    for (std::size_t i = 0; i < kinks_; ++i)
      if (kink_[i] == end) return true;
    return false;
  }

  [[nodiscard]] Integrals integrate(double low, double high) const {
    const auto& rule = gauss_legendre<Panels::order>();
    const double half = (high - low) / 2;
    Integrals sum;
    for (std::size_t i = 0; i < Panels::order; ++i) {
      const double x = low + half * (1 + rule.x[i]), u = deviation_ * x;
      const double root = std::exp(-0.25 * x * x) * half * rule.weight[i];
      const double density = root * std::exp(-0.25 * x * x);
      const double f[2][2] = {{layer_.value(u), layer_.value(-u)},
                              {layer_.slope(u), layer_.slope(-u)}};
      for (int k = 0; k < 2; ++k)
        for (int side = 0; side < 2; ++side) {
          sum.root[k][side] += root * f[k][side];
          sum.square[k][side] += density * f[k][side] * f[k][side];
        }
    }
    return sum;
  }

  [[nodiscard]] Part part(double low, double high) const {
    return {low, high, integrate(low, high)};
  }
  [[nodiscard]] std::array<Part, 2> halves(const Part& whole) const {
    const double middle = whole.low + (whole.high - whole.low) / 2;
    return {part(whole.low, middle), part(middle, whole.high)};
  }
  static Integrals sum_of(const std::array<Part, 2>& parts) {
    return parts[0].integrals + parts[1].integrals;
  }

  /// The greatest difference on one side, relative to what the functions have in all.
  [[nodiscard]] double difference(const Integrals& a, const Integrals& b, int side) const {
    double greatest = 0;
    for (int k = 0; k < 2; ++k) {
      if (total_[k] == 0) continue;
      greatest = std::max({greatest, std::abs(a.square[k][side] - b.square[k][side]) / total_[k],
                           std::abs(a.root[k][side] - b.root[k][side]) / std::sqrt(total_[k])});
    }
    return greatest;
  }
  [[nodiscard]] double difference(const Integrals& a, const Integrals& b) const {
    return std::max(difference(a, b, 0), difference(a, b, 1));
  }
  /// Whether the functions are not smooth across this end of panels, which serves both sides.
  [[nodiscard]] bool is_rough(double at, double width, int side) const {
    const Part across = part(at - 0.45 * width, at + 0.5 * width);
    return difference(across.integrals, sum_of(halves(across)), side) > 10 * tolerance;
  }

  /// From zero outwards; ends at all scales between those of the function, which are of order 1,
  /// and those of the density, so that no feature falls between the nodes.
  std::size_t first_ends(std::array<double, 256>& ends) const {
    std::size_t n = 0;
    ends[n++] = 0;
    for (std::size_t i = 0; i < kinks_; ++i) ends[n++] = kink_[i];
    for (double u = 1.0 / 256; u / deviation_ < reach_; u *= 4)
      if (u / deviation_ > 1e-7 * reach_) ends[n++] = u / deviation_;
    const double pieces = std::ceil(reach_ / Panels::widest);
    for (double i = 1; i < pieces; ++i) ends[n++] = reach_ * i / pieces;
    ends[n++] = reach_;
    std::sort(ends.begin(), ends.begin() + n);
    return static_cast<std::size_t>(std::unique(ends.begin(), ends.begin() + n) - ends.begin());
  }

  void divide() {
    std::array<double, 256> ends;
    const std::size_t n = first_ends(ends);
    std::array<Part, 256> stack;
    std::size_t depth = 0;
    for (std::size_t i = n - 1; i-- > 0; ++depth) {
      stack[depth] = part(ends[i], ends[i + 1]);
      for (int k = 0; k < 2; ++k)
        total_[k] += stack[depth].integrals.square[k][0] + stack[depth].integrals.square[k][1];
    }
    while (depth > 0) {
      const Part whole = stack[--depth];
      const auto [left, right] = halves(whole);
      const Integrals sum = left.integrals + right.integrals;
      const double off = difference(whole.integrals, sum);
      const bool full = parts_ + depth + 2 >= part_.size() || depth + 2 > stack.size();
      const bool narrow = whole.high - whole.low <= 1e-15 * whole.high || whole.high < 1e-18;
      if (off <= tolerance || full || narrow) {
        if (off > tolerance) panels_.error += off;
        part_[parts_++] = {whole.low, whole.high, sum};
        continue;
      }
      double cut = left.high;
      if (whole.low > 0 && whole.high - whole.low < suspicious * whole.high &&
          kinks_ < most_kinks && !is_kink(whole.low) && !is_kink(whole.high)) {
        const double located = locate(whole);
        if (located > whole.low && located < whole.high) {
          add_kink(located);
          cut = located;
        }
      }
      stack[depth++] = cut == left.high ? right : part(cut, whole.high);
      stack[depth++] = cut == left.high ? left : part(whole.low, cut);
    }
  }

  [[nodiscard]] double halving_changes(const Part& whole) const {
    return difference(whole.integrals, sum_of(halves(whole)));
  }
  /// Halves further, always the half that is not resolved.
  [[nodiscard]] double locate(Part whole) const {
    double off = halving_changes(whole);
    while (whole.high - whole.low > 8 * std::numeric_limits<double>::epsilon() * whole.high) {
      const auto [left, right] = halves(whole);
      const double left_off = halving_changes(left), right_off = halving_changes(right);
      const double before = off, size = whole.high - whole.low;
      const double ends[3] = {whole.low, left.high, whole.high};
      off = std::max(left_off, right_off);
      whole = right_off > left_off ? right : left;
      if (off > 0.01 * before) continue;
      // No node lies between the kink and one of these ends.
      for (const double end : ends) {
        const Part near = part(end - 0.013 * size, end + 0.009 * size);
        const double near_off = halving_changes(near);
        if (near_off <= off) continue;
        off = near_off;
        whole = near;
      }
      if (off == 0) return ends[1];
    }
    return whole.low + (whole.high - whole.low) / 2;
  }

  void merge() {
    panels_.end[0] = 0;
    panels_.end_is_kink[0] = is_kink(0);
    Part merged = part_[0];
    for (std::size_t i = 1; i < parts_; ++i) {
      const Part& next = part_[i];
      if (next.high - merged.low <= Panels::widest && !is_kink(next.low)) {
        const Integrals sum = merged.integrals + next.integrals;
        if (difference(integrate(merged.low, next.high), sum) <= tolerance) {
          merged = {merged.low, next.high, sum};
          continue;
        }
      }
      finish(merged);
      merged = next;
    }
    finish(merged);
  }
  void finish(const Part& part) {
    if (panels_.count < Panels::most) ++panels_.count;
    panels_.end[panels_.count] = part.high;
    panels_.end_is_kink[panels_.count] = is_kink(part.high);
  }

  [[nodiscard]] double width(std::size_t k) const { return panels_.end[k + 1] - panels_.end[k]; }

  /// A kink so near the end of a panel that no node lies between them has not been seen.
  void find_kinks_at_ends() {
    for (std::size_t k = 1; k < panels_.count; ++k) {
      const double at = panels_.end[k], narrower = std::min(width(k - 1), width(k));
      if (is_kink(at) || !(is_rough(at, narrower, 0) || is_rough(at, narrower, 1))) continue;
      const double kink = locate(part(at - narrower / 2, at + narrower / 2));
      if (std::abs(kink - at) > 0.01 * narrower) continue;
      add_kink(kink);
      panels_.end[k] = kink;
      panels_.end_is_kink[k] = true;
    }
  }

  void find_foci() {
    const auto add = [&](double at, double w, bool kink) {
      if (panels_.foci < Panels::most_foci) panels_.focus[panels_.foci++] = {at, w, kink, 0};
    };
    for (std::size_t i = 0; i < kinks_; ++i) {
      const double at = kink_[i];
      double narrowest = reach_;
      for (std::size_t k = 0; k < panels_.count; ++k)
        if (panels_.end[k] == at || panels_.end[k + 1] == at)
          narrowest = std::min(narrowest, width(k));
      if (at == 0 || is_rough(at, narrowest, 0)) add(at, narrowest, true);
      if (at > 0 && is_rough(at, narrowest, 1)) add(-at, narrowest, true);
    }
    for (std::size_t k = 0; k < panels_.count; ++k) {
      const double before = k == 0 ? width(0) : width(k - 1);
      const double after = k + 1 == panels_.count ? width(k) : width(k + 1);
      const double at = panels_.end[k];
      if (width(k) >= 0.5 || width(k) > before || width(k) > after || is_kink(at) ||
          is_kink(panels_.end[k + 1]))
        continue;
      add(at, width(k), false);
      if (at > 0) add(-at, width(k), false);
    }
  }

  void find_jumps() {
    constexpr double rounding = 1e-13;
    double steepest = 0;
    for (std::size_t k = 0; k < panels_.count; ++k)
      for (const double side : {-1.0, 1.0})
        steepest = std::max(steepest, std::abs(slope_within(side, k, 0.5)));
    for (std::size_t k = 0; k < panels_.count; ++k)
      for (const double side : {-1.0, 1.0})
        for (const double part : {0.05, 0.25, 0.9})
          if (!(std::abs(slope_within(side, k, part) - slope_within(side, k, 0.5)) <=
                rounding * steepest))
            return;
    for (std::size_t i = 0; i < panels_.foci; ++i) {
      Panels::Focus& focus = panels_.focus[i];
      if (!focus.is_kink) continue;
      const double half = focus.width / 2, below = deviation_ * (focus.at - half),
                   above = deviation_ * (focus.at + half);
      focus.jump = layer_.slope(above) - layer_.slope(below);
      const double step = (layer_.value(above) - layer_.slope(above) * deviation_ * half) -
                          (layer_.value(below) + layer_.slope(below) * deviation_ * half);
      if (!(std::abs(step) <= rounding * (std::abs(layer_.value(above)) +
                                          steepest * deviation_ * (std::abs(focus.at) + half))))
        return;
    }
    panels_.piecewise_linear = true;
  }
  [[nodiscard]] double slope_within(double side, std::size_t k, double part) const {
    const double x = panels_.end[k] + part * (panels_.end[k + 1] - panels_.end[k]);
    return layer_.slope(side * deviation_ * x);
  }

  static constexpr double infinity = std::numeric_limits<double>::infinity();

  const Layer& layer_;
  double deviation_;
  Panels& panels_;
  double reach_ = 0;
  double total_[2]{};
  std::array<double, most_kinks> kink_;
  std::size_t kinks_ = 0;
  std::array<Part, Panels::most> part_;
  std::size_t parts_ = 0;
};

}  // namespace widelimit::sdk::detail
