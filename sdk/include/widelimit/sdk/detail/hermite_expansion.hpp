// The coefficients of f(sqrt(p) x) and f'(sqrt(p) x) in orthonormal Hermite polynomials of x, where
// p is a variance. They are integrals: by a midpoint rule where f is smooth on the scale of the
// activations, otherwise by Gauss-Legendre rules on panels (panels.hpp).
//
// Thread safety: values; a workspace serves one call at a time.
#pragma once

#include <widelimit/sdk/detail/hermite.hpp>
#include <widelimit/sdk/detail/panels.hpp>
#include <widelimit/sdk/math.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

namespace widelimit::sdk::detail {

template <int nodes, class Layer>
class HermiteExpansion {
  using V = Vec<double>;
  using Tables = HermiteTables<nodes>;

  /// Panels no wider than this resolve the polynomials, of which the one of degree n oscillates
  /// with the frequency sqrt(n).
  static double widest_panel() { return 15 / std::sqrt(double{nodes}); }
  static constexpr std::size_t most_points = Panels::order * (Panels::most + nodes / 8 + 16);

 public:
  /// Including the two terms for the rest.
  static constexpr int most_terms = nodes + 2;

  /// Points of a rule above zero, and 2 sqrt(density) times the weight times the even and the odd
  /// part of the functions at these points.
  struct Workspace {
    alignas(64) double x[most_points], root_density[most_points], weight[most_points];
    alignas(64) double value_part[2][most_points], slope_part[2][most_points];
    alignas(64) double previous[most_points], current[most_points];
    /// Made only for functions that are not smooth on the scale of the activations.
    Panels panels;
  };

  std::array<double, most_terms> value, slope;
  int terms = 0;
  /// Roots of the parts of E[f^2] and E[f'^2] that the terms without the rest do not contain; 0 if
  /// that is nothing.
  double value_gap = 0, slope_gap = 0;
  /// Whether the workspace contains panels.
  bool with_panels = false;
  /// Estimated error of E[f^2] and E[f'^2], relative to them.
  double error = 0;

  HermiteExpansion(const Layer& layer, double variance, const Kinks& kinks, Workspace& w)
      : w_(w), strict_(kinks.begin() != kinks.end()) {
    if (!kinks.any_within(Tables::reach * std::sqrt(variance)) && by_midpoints(layer, variance))
      return;
    strict_ = true;
    by_panels(layer, variance, kinks);
  }

 private:
  /// The contribution of each part of a function to its expected square, and its first two
  /// coefficients.
  struct Summary {
    std::array<double, 2> square{}, coefficient{};

    [[nodiscard]] double expected_square() const { return square[0] + square[1]; }
    /// Squares alone would not detect a kink at zero, whose halves are smooth. Coefficients do.
    [[nodiscard]] bool agrees_with(const Summary& coarse) const {
      constexpr double tolerance = 1e-8;
      bool agree =
          std::abs(expected_square() - coarse.expected_square()) <= tolerance * expected_square();
      for (std::size_t odd = 0; odd < 2; ++odd)
        agree = agree && std::abs(coefficient[odd] - coarse.coefficient[odd]) <=
                             tolerance * std::sqrt(expected_square());
      return agree;
    }
  };
  struct Rule {
    std::size_t size;
    const double *x, *root_density;
    /// NULL: all weights are `step`.
    const double* weight;
    double step;
  };
  struct Summaries {
    Summary value, slope;
  };

  /// Even and odd part of one function at a point, and what they add to the sums.
  static void add(Summary& to, double weight, double root_density, double x, double above,
                  double below, double& even_part, double& odd_part) {
    const double scale = weight * root_density;
    const double even = scale * (above + below), odd = scale * (above - below);
    to.square[0] += even * even / (2 * weight);
    to.square[1] += odd * odd / (2 * weight);
    to.coefficient[0] += even * root_density;
    to.coefficient[1] += odd * root_density * x;
    even_part = even;
    odd_part = odd;
  }
  Summaries sample(const Rule& rule, const Layer& layer, double variance) {
    Summary value_sum, slope_sum;
    const double deviation = std::sqrt(variance);
    for (std::size_t i = 0; i < rule.size; ++i) {
      const double x = rule.x[i], u = deviation * x, root = rule.root_density[i];
      const double weight = rule.weight == nullptr ? rule.step : rule.weight[i];
      add(value_sum, weight, root, x, layer.value(u), layer.value(-u), w_.value_part[0][i],
          w_.value_part[1][i]);
      add(slope_sum, weight, root, x, layer.slope(u), layer.slope(-u), w_.slope_part[0][i],
          w_.slope_part[1][i]);
    }
    return {value_sum, slope_sum};
  }

  /// Whether the integrand at the last point is negligible.
  static bool decays(const double (&part)[2][most_points], const Rule& rule, const Summary& f) {
    const std::size_t last = rule.size - 1;
    return std::abs(part[0][last]) + std::abs(part[1][last]) <=
           1e-14 * rule.step * std::sqrt(f.expected_square());
  }

  /// Halving the step of a grid squares its error. If the sums hardly change, the finer grid is
  /// exact. False: not even the finest one is.
  bool by_midpoints(const Layer& layer, double variance) {
    Summaries coarse;
    bool first = true;
    for (const auto& grid : tables().grids) {
      const Rule rule{grid.half, grid.x.data(), grid.root_density.data(), nullptr, grid.step};
      const Summaries fine = sample(rule, layer, variance);
      if (!first && fine.value.agrees_with(coarse.value) && fine.slope.agrees_with(coarse.slope)) {
        // All points may miss a function that is zero at most of them.
        if (variance > 0 && fine.value.expected_square() == 0) return false;
        if (!decays(w_.value_part, rule, fine.value) || !decays(w_.slope_part, rule, fine.slope))
          return false;
        project(rule, fine);
        return true;
      }
      coarse = fine;
      first = false;
    }
    return false;
  }

  void by_panels(const Layer& layer, double variance, const Kinks& kinks) {
    Panels& panels = w_.panels;
    PanelMaker<Layer>(layer, variance, kinks, panels);
    with_panels = true;
    error = panels.error;
    if (!panels.decays) {
      value[0] = slope[0] = std::numeric_limits<double>::infinity();
      terms = 1;
      return;
    }
    const Rule rule = rule_of(panels);
    project(rule, sample(rule, layer, variance));
  }
  Rule rule_of(const Panels& panels) {
    const auto& legendre = gauss_legendre<Panels::order>();
    std::size_t size = 0;
    for (std::size_t k = 0; k < panels.count; ++k) {
      const double width = panels.end[k + 1] - panels.end[k];
      const double pieces = std::ceil(width / widest_panel());
      for (double piece = 0; piece < pieces; ++piece)
        for (std::size_t i = 0; i < Panels::order && size < most_points; ++i, ++size) {
          const double half = width / pieces / 2;
          const double x = panels.end[k] + half * (2 * piece + 1 + legendre.x[i]);
          w_.x[size] = x;
          w_.weight[size] = half * legendre.weight[i];
          w_.root_density[size] = root_of_density(x);
        }
    }
    return {size, w_.x, w_.root_density, w_.weight, 0};
  }

  /// The part of the expected square that the terms so far do not contain.
  class Rest {
   public:
    explicit Rest(const Summary& f)
        : of_parity_(f.square), negligible_(smallest * f.expected_square()) {}
    double less(double c, bool odd) {
      of_parity_[odd] -= c * c;
      return c;
    }
    [[nodiscard]] bool is_nothing() const { return of_parity_[0] + of_parity_[1] <= negligible_; }
    /// Where the function is smooth at one variance and not at another, the product of coefficients
    /// is as small as that of the smooth one, not as its square.
    [[nodiscard]] bool is_nothing_after(double last, double before) const {
      return is_nothing() && last * last + before * before <= 1e-10 * negligible_;
    }
    [[nodiscard]] double root(bool odd) const { return std::sqrt(std::max(0.0, of_parity_[odd])); }
    /// Relative to the function; 0: it cannot be told from rounding.
    [[nodiscard]] double gap() const {
      const double part = of_parity_[0] + of_parity_[1];
      return part > negligible_ ? std::sqrt(part / (negligible_ / smallest)) : 0;
    }

   private:
    static constexpr double smallest = 1e-14;
    std::array<double, 2> of_parity_;
    double negligible_;
  };

  [[nodiscard]] bool is_complete(const Rest& value_left, const Rest& slope_left) const {
    if (!strict_) return value_left.is_nothing() && slope_left.is_nothing();
    if (terms < 2) return false;
    const auto n = static_cast<std::size_t>(terms);
    return value_left.is_nothing_after(value[n - 1], value[n - 2]) &&
           slope_left.is_nothing_after(slope[n - 1], slope[n - 2]);
  }

  static const Tables& tables() {
    static const Tables made;
    return made;
  }

  void project(const Rule& rule, const Summaries& sums) {
    Rest value_left(sums.value), slope_left(sums.slope);
    std::copy_n(rule.root_density, rule.size, w_.current);
    std::fill_n(w_.previous, rule.size, 0.0);
    while (terms < nodes && !is_complete(value_left, slope_left)) {
      const bool odd = terms % 2 != 0;
      const auto n = static_cast<std::size_t>(terms++);
      const V inverse_root = tables().inverse_root[n], ratio = tables().ratio[n];
      const double *const value_part = w_.value_part[odd], *const slope_part = w_.slope_part[odd];
      V c = 0, dc = 0;
      for (std::size_t i = 0; i < rule.size; i += V::lanes) {
        const V h = V::load(w_.current + i), x = V::load(rule.x + i);
        c = fma(h, V::load(value_part + i), c);
        dc = fma(h, V::load(slope_part + i), dc);
        const V next = fma(x * inverse_root, h, -(ratio * V::load(w_.previous + i)));
        h.store(w_.previous + i);
        next.store(w_.current + i);
      }
      value[n] = value_left.less(sum(c), odd);
      slope[n] = slope_left.less(sum(dc), odd);
    }
    if (terms < nodes) return;
    value_gap = value_left.gap();
    slope_gap = slope_left.gap();
    for (const bool odd : {false, true}) {
      value[static_cast<std::size_t>(terms)] = value_left.root(odd);
      slope[static_cast<std::size_t>(terms)] = slope_left.root(odd);
      ++terms;
    }
  }

  static double sum(V v) {
    alignas(64) double lanes[V::lanes];
    v.store(lanes);
    double total = 0;
    for (const double x : lanes) total += x;
    return total;
  }

  Workspace& w_;
  /// Whether the function may be far less smooth at another variance.
  bool strict_;
};

}  // namespace widelimit::sdk::detail
