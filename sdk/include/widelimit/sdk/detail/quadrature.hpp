// Moments of a function from its value and slope, by Mehler's expansion. With
// f(sqrt(p) x) = sum_n c_n(p) h_n(x) in orthonormal Hermite polynomials,
//   E[f(u) f(v)] = sum_n c_n(p) c_n(q) (k / sqrt(p q))^n
// (Mehler 1866; arXiv:2209.04121), where the coefficients are one-dimensional integrals. With any
// number of terms, the result is symmetric in the samples and positive semidefinite. The number of
// terms depends on the variance, up to the number of nodes. The rest of E[f^2] becomes two further
// terms, one of each parity, so that nothing is missing at correlations 1 and -1. For functions
// that are smooth at the scale of the activations the error is 1e-13. For a kink at zero it is
// 1e-4, and 5e-3 in the expectation of slopes, which the NTK uses; for a jump it is greater. Write
// closed moments for such functions.
//
// Thread safety: as elementwise.hpp says.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/sdk/detail/hermite.hpp>
#include <widelimit/sdk/detail/pointwise.hpp>
#include <widelimit/sdk/math.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <new>

namespace widelimit::sdk::detail {

/// The coefficients of f and f' at one variance.
template <int nodes, class Layer>
class HermiteExpansion {
  using V = Vec<double>;
  using Tables = HermiteTables<nodes>;
  using Grid = typename Tables::Grid;

 public:
  /// Including the two terms for the rest.
  static constexpr int most_terms = nodes + 2;

  std::array<double, most_terms> value, slope;
  int terms = 0;

  HermiteExpansion(const Layer& layer, double variance) {
    // Halving the step of a grid squares its error. If the coefficients hardly change, the finer
    // grid is exact.
    const Grid* grid = &tables().grids.front();
    Samples samples(*grid, layer, variance);
    for (std::size_t level = 1; level < tables().grids.size(); ++level) {
      const Samples coarse = samples;
      grid = &tables().grids[level];
      samples = Samples(*grid, layer, variance);
      if (samples.value.agrees_with(coarse.value) && samples.slope.agrees_with(coarse.slope)) break;
    }
    project(*grid, samples);
  }

 private:
  /// With the step h: 2 h sqrt(density) times the even and the odd part of a function at the nodes
  /// above zero; the contribution of each part to the expected square; and the first two
  /// coefficients.
  struct Function {
    alignas(64) std::array<std::array<double, Tables::most>, 2> part;
    std::array<double, 2> square{}, coefficient{};

    void set(const Grid& grid, std::size_t i, double above, double below) {
      const double weight = grid.step * grid.root_density[i];
      part[0][i] = weight * (above + below);
      part[1][i] = weight * (above - below);
      for (std::size_t odd = 0; odd < 2; ++odd) {
        square[odd] += part[odd][i] * part[odd][i] / (2 * grid.step);
        coefficient[odd] += part[odd][i] * grid.root_density[i] * (odd != 0 ? grid.x[i] : 1);
      }
    }
    [[nodiscard]] double expected_square() const { return square[0] + square[1]; }
    /// Squares alone would not detect a kink at zero, whose halves are smooth. Coefficients do.
    [[nodiscard]] bool agrees_with(const Function& coarse) const {
      constexpr double tolerance = 1e-8;
      bool agree =
          std::abs(expected_square() - coarse.expected_square()) <= tolerance * expected_square();
      for (std::size_t odd = 0; odd < 2; ++odd)
        agree = agree && std::abs(coefficient[odd] - coarse.coefficient[odd]) <=
                             tolerance * std::sqrt(expected_square());
      return agree;
    }
  };

  struct Samples {
    Function value, slope;

    Samples(const Grid& grid, const Layer& layer, double variance) {
      const double deviation = std::sqrt(variance);
      for (std::size_t i = 0; i < grid.half; ++i) {
        const double x = deviation * grid.x[i];
        value.set(grid, i, layer.value(x), layer.value(-x));
        slope.set(grid, i, layer.slope(x), layer.slope(-x));
      }
    }
  };

  /// The part of the expected square that the terms so far do not contain.
  class Rest {
   public:
    explicit Rest(const Function& f)
        : of_parity_(f.square), negligible_(1e-14 * f.expected_square()) {}
    double less(double c, bool odd) {
      of_parity_[odd] -= c * c;
      return c;
    }
    [[nodiscard]] bool is_nothing() const { return of_parity_[0] + of_parity_[1] <= negligible_; }
    [[nodiscard]] double root(bool odd) const { return std::sqrt(std::max(0.0, of_parity_[odd])); }

   private:
    std::array<double, 2> of_parity_;
    double negligible_;
  };

  static const Tables& tables() {
    static const Tables made;
    return made;
  }

  void project(const Grid& grid, const Samples& samples) {
    Rest value_rest(samples.value), slope_rest(samples.slope);
    alignas(64) std::array<double, Tables::most> previous{}, current = grid.root_density;
    while (terms < nodes && !(value_rest.is_nothing() && slope_rest.is_nothing())) {
      const bool odd = terms % 2 != 0;
      const auto n = static_cast<std::size_t>(terms++);
      const V inverse_root = tables().inverse_root[n], ratio = tables().ratio[n];
      const auto &value_part = samples.value.part[odd], &slope_part = samples.slope.part[odd];
      V c = 0, dc = 0;
      for (std::size_t i = 0; i < grid.half; i += V::lanes) {
        const V h = V::load(&current[i]), x = V::load(&grid.x[i]);
        c = fma(h, V::load(&value_part[i]), c);
        dc = fma(h, V::load(&slope_part[i]), dc);
        const V next = fma(x * inverse_root, h, -(ratio * V::load(&previous[i])));
        h.store(&previous[i]);
        next.store(&current[i]);
      }
      value[n] = value_rest.less(sum(c), odd);
      slope[n] = slope_rest.less(sum(dc), odd);
    }
    if (terms < nodes) return;
    for (const bool odd : {false, true}) {
      value[static_cast<std::size_t>(terms)] = value_rest.root(odd);
      slope[static_cast<std::size_t>(terms)] = slope_rest.root(odd);
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
};

/// One call of a pointwise transform for a layer without moments. Lanes are processed in blocks, so
/// that the expansion at the variance of a lane is used for all sites of the run, and the one at
/// the variance of a site for all lanes of the block.
template <int nodes, class Layer>
class QuadratureSweep {
  using V = Vec<double>;
  using Expansion = HermiteExpansion<nodes, Layer>;
  static constexpr std::int64_t block = 128;

  /// The expansions at the variances of a block of lanes, [term][lane], with zeros after the last
  /// term of a lane.
  struct Sides {
    int terms;
    alignas(64) double variance[block];
    alignas(64) double value[Expansion::most_terms][block], slope[Expansion::most_terms][block];

    /// Computes the first n lanes. Lanes whose variance has not changed are kept.
    template <class T>
    void expand(const Layer& layer, const T* variances, std::int64_t n, bool filled) {
      if (!filled) {
        terms = 0;
        std::fill(variance, variance + block, 0.0);
      }
      for (std::int64_t lane = 0; lane < n; ++lane)
        if (const auto v = double{variances[lane]}; !filled || v != variance[lane]) {
          variance[lane] = v;
          set(lane, Expansion(layer, v));
        }
    }

   private:
    void set(std::int64_t lane, const Expansion& e) {
      for (; terms < e.terms; ++terms) {
        std::fill(value[terms], value[terms] + block, 0.0);
        std::fill(slope[terms], slope[terms] + block, 0.0);
      }
      for (int n = 0; n < terms; ++n) {
        value[n][lane] = n < e.terms ? e.value[static_cast<std::size_t>(n)] : 0;
        slope[n][lane] = n < e.terms ? e.slope[static_cast<std::size_t>(n)] : 0;
      }
    }
  };

  struct Scratch {
    Sides first, second;
    alignas(64) double covariance[block], value[block], slope[block];
  };

 public:
  /// The scratch memory that the plan must request.
  static constexpr std::uint64_t scratch_bytes = sizeof(Scratch);

  static void transform(const Layer& layer, const widelimit_run& run) {
    check_run(run, true);
    if (run.scratch == nullptr)
      throw Error(WIDELIMIT_E_ARGUMENT, "this layer needs the scratch that its plan asked for");
    if (run.output->dtype == WIDELIMIT_F32)
      sweep<float>(layer, run);
    else
      sweep<double>(layer, run);
  }

 private:
  /// sum_n a_n b_n c^n of both functions, for one register of lanes; `broadcast`: one a for all.
  template <bool broadcast>
  static void combine(Scratch& s, std::int64_t lane) {
    const V p = broadcast ? V(s.first.variance[0]) : V::load(s.first.variance + lane);
    const V scale = geometric_mean(p, V::load(s.second.variance + lane));
    // Rounding can make |k| greater than sqrt(p q). NaN stays NaN.
    const V ratio = V::load(s.covariance + lane) / scale;
    const V c = select(scale == V(0), V(0), max(V(-1), min(V(1), ratio)));
    V value = 0, slope = 0;
    for (int n = std::min(s.first.terms, s.second.terms); n-- > 0;) {
      const V a = broadcast ? V(s.first.value[n][0]) : V::load(s.first.value[n] + lane);
      const V b = broadcast ? V(s.first.slope[n][0]) : V::load(s.first.slope[n] + lane);
      value = fma(value, c, a * V::load(s.second.value[n] + lane));
      slope = fma(slope, c, b * V::load(s.second.slope[n] + lane));
    }
    value.store(s.value + lane);
    slope.store(s.slope + lane);
  }

  template <class T>
  static void sweep(const Layer& layer, const widelimit_run& run) {
    using Field = Vec<T>;
    constexpr auto width = static_cast<std::int64_t>(Field::lanes);
    Scratch& s = *new (run.scratch) Scratch;
    const Span span(run);
    const Pending pending = pending_kind(pending_of(run, 0));
    const PendingMap<Field> map(pending_of(run, 0));
    const widelimit_variances& variances = *run.variances;
    const bool broadcast = variances.first_lanes == 1;
    const auto* const first = static_cast<const T*>(variances.first);
    const auto* const second = static_cast<const T*>(variances.second);
    const bool with_ntk = run.output->ntk != nullptr;

    for (std::int64_t begin = 0; begin < span.lanes; begin += block) {
      const std::int64_t n = std::min(block, span.lanes - begin);
      bool filled = false;
      for (std::int64_t site = span.first_site; site < span.last_site; ++site, filled = true) {
        s.second.expand(layer, second + variances.second_at[site] * span.lanes + begin, n, filled);
        if (broadcast)
          s.first.expand(layer, first + variances.first_at[site], 1, filled);
        else
          s.first.expand(layer, first + variances.first_at[site] * span.lanes + begin, n, filled);
        const std::int64_t entry = site * span.lanes + begin;
        const T* const nngp = static_cast<const T*>(run.inputs[0]->nngp) + entry;
        T mapped[block];
        for (std::int64_t lane = 0; lane < n; lane += width) {
          const Field k = Field::load(nngp + lane);
          (pending == Pending::none ? k : map.nngp(k)).store(mapped + lane);
        }
        for (std::int64_t lane = 0; lane < n; ++lane) s.covariance[lane] = double{mapped[lane]};
        for (std::int64_t lane = 0; lane < n; lane += static_cast<std::int64_t>(V::lanes))
          broadcast ? combine<true>(s, lane) : combine<false>(s, lane);
        if (with_ntk) store_ntk<T>(s, run, map, pending, entry, n, mapped);
        T* const out = static_cast<T*>(run.output->nngp) + entry;
        for (std::int64_t lane = 0; lane < n; ++lane) out[lane] = static_cast<T>(s.value[lane]);
      }
    }
  }

  template <class T>
  static void store_ntk(const Scratch& s, const widelimit_run& run, const PendingMap<Vec<T>>& map,
                        Pending pending, std::int64_t entry, std::int64_t n, const T* mapped) {
    using Field = Vec<T>;
    const T* const nngp = static_cast<const T*>(run.inputs[0]->nngp) + entry;
    const T* const ntk = static_cast<const T*>(run.inputs[0]->ntk) + entry;
    T* const out = static_cast<T*>(run.output->ntk) + entry;
    T slope[block];
    for (std::int64_t lane = 0; lane < n; ++lane) slope[lane] = static_cast<T>(s.slope[lane]);
    for (std::int64_t lane = 0; lane < n; lane += static_cast<std::int64_t>(Field::lanes)) {
      const Field theta = map.ntk(pending, Field::load(nngp + lane), Field::load(mapped + lane),
                                  Field::load(ntk + lane));
      (Field::load(slope + lane) * theta).store(out + lane);
    }
  }
};

}  // namespace widelimit::sdk::detail
