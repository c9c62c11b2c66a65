// Moments of a function of which only value and slope are known, by Gauss-Hermite quadrature and
// Mehler's expansion: f(sqrt(p) x) = sum_n c_n(p) h_n(x) in orthonormal Hermite polynomials gives
//   E[f(u) f(v)] = sum_n c_n(p) c_n(q) (k / sqrt(p q))^n
// (Mehler 1866; arXiv:2209.04121). Symmetric in the two variances, and at correlation 1 just the
// one-dimensional quadrature of f^2. Smooth functions of moderate variance reach 1e-10 with a few
// dozen nodes; functions with a kink converge like 1 / nodes: give those closed moments.
//
// Threading: immutable after construction.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/sdk/math.hpp>
#include <widelimit/sdk/pointwise.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <new>

namespace widelimit::sdk {
namespace detail {

/// Nodes of the Gauss rule for N(0, 1) and the matrix that takes the values of a function at them
/// to its coefficients c_n, n < degree.
template <int degree>
class HermiteExpansion {
  static_assert(degree >= 1 && degree <= 200);

 public:
  using Coefficients = std::array<double, degree>;

  HermiteExpansion() {
    for (int i = 0; i < degree; ++i) {
      nodes_[at(i)] = root(i);
      Coefficients h;
      evaluate(nodes_[at(i)], h);
      double inverse_weight = 0;  // Christoffel: 1 / w = sum of the squares
      for (double value : h) inverse_weight += value * value;
      for (int n = 0; n < degree; ++n) projection_[at(i)][at(n)] = h[at(n)] / inverse_weight;
    }
  }

  /// c_n of x -> f(deviation x).
  template <class F>
  [[nodiscard]] Coefficients expand(F f, double deviation) const {
    Coefficients c{};
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const double value = f(deviation * nodes_[i]);
      for (std::size_t n = 0; n < c.size(); ++n) c[n] += value * projection_[i][n];
    }
    return c;
  }

 private:
  static std::size_t at(int i) { return static_cast<std::size_t>(i); }

  /// h_0 .. h_(degree-1) at x, and h_degree as the result.
  static double evaluate(double x, Coefficients& h) {
    double previous = 0, current = 1;
    for (int n = 0; n < degree; ++n) {
      h[at(n)] = current;
      const double next = (x * current - std::sqrt(double(n)) * previous) / std::sqrt(n + 1.0);
      previous = current;
      current = next;
    }
    return current;
  }

  /// The i-th root of h_degree from below, by bisection: as many roots lie above x as the sequence
  /// h_0(x) .. h_degree(x) changes sign (Sturm).
  static double root(int i) {
    if (2 * i + 1 == degree) return 0;
    double low = -2 * std::sqrt(double(degree)) - 1, high = -low;
    for (;;) {
      const double middle = 0.5 * (low + high);
      if (middle <= low || middle >= high) return middle;
      Coefficients h;
      const double last = evaluate(middle, h);
      int above = 0;
      for (int n = 0; n + 1 < degree; ++n) above += (h[at(n)] < 0) != (h[at(n + 1)] < 0);
      above += (h[at(degree - 1)] < 0) != (last < 0);
      (degree - above > i ? high : low) = middle;
    }
  }

  Coefficients nodes_;
  std::array<Coefficients, degree> projection_;  // [node][n]
};

/// One call of a pointwise transform of a layer that has no moments of its own. Lanes are taken in
/// blocks, so that the expansion at a lane's variance serves all sites of the run, and the one at a
/// site's variance all lanes of the block.
template <int degree, class Layer>
class QuadratureSweep {
  using V = Vec<double>;
  using Expansion = HermiteExpansion<degree>;
  static constexpr std::int64_t block = 32;

  /// The coefficients of f and f' at the variances of a block of lanes.
  struct Sides {
    alignas(64) double variance[block];
    alignas(64) double value[degree][block], slope[degree][block];

    void expand(const Layer& layer, std::int64_t lane, double v) {
      const double deviation = std::sqrt(v);
      const auto f = rule().expand([&](double x) { return layer.value(x); }, deviation);
      const auto df = rule().expand([&](double x) { return layer.slope(x); }, deviation);
      variance[lane] = v;
      for (std::size_t n = 0; n < f.size(); ++n) {
        value[n][lane] = f[n];
        slope[n][lane] = df[n];
      }
    }
    /// Lanes whose variance is the one at hand already are left alone.
    template <class T>
    void expand(const Layer& layer, const T* variances, std::int64_t n, bool filled) {
      for (std::int64_t lane = 0; lane < n; ++lane)
        if (const auto v = double{variances[lane]}; !filled || v != variance[lane])
          expand(layer, lane, v);
    }
  };

  struct Scratch {
    Sides first, second;
    alignas(64) double covariance[block], value[block], slope[block];
  };

 public:
  /// What the plan has to ask for.
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
  static const Expansion& rule() {
    static const Expansion expansion;
    return expansion;
  }

  /// sum_n a_n b_n c^n of both functions, for one register of lanes; `broadcast`: one a for all.
  template <bool broadcast>
  static void combine(Scratch& s, std::int64_t lane) {
    const V p = broadcast ? V(s.first.variance[0]) : V::load(s.first.variance + lane);
    const V scale = geometric_mean(p, V::load(s.second.variance + lane));
    // Rounding may have left |k| above sqrt(p q); what is not a number stays so.
    const V ratio = V::load(s.covariance + lane) / scale;
    const V c = select(scale == V(0), V(0), max(V(-1), min(V(1), ratio)));
    V value = 0, slope = 0;
    for (int n = degree; n-- > 0;) {
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

}  // namespace detail
}  // namespace widelimit::sdk
