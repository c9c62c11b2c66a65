// Moments of a function from its value and slope, by Mehler's expansion. With
// f(sqrt(p) x) = sum_n c_n(p) h_n(x) in orthonormal Hermite polynomials,
//   E[f(u) f(v)] = sum_n c_n(p) c_n(q) (k / sqrt(p q))^n
// (Mehler 1866; arXiv:2209.04121), where the coefficients are one-dimensional integrals
// (hermite_expansion.hpp). With any number of terms, the result is symmetric in the samples and
// positive semidefinite. The number of terms depends on the variance, up to the number of nodes.
// The rest of E[f^2] becomes two further terms, one of each parity, so that nothing is missing if a
// sample is paired with itself. The terms of functions with kinks, and of those that are narrow on
// the scale of the activations, decay slowly, and are too few if the correlation is close to 1 or
// -1. What is missing is at most the product of the roots of both rests, times the correlation to
// the power of the number of terms. If this is too much, the moments of a piecewise linear function
// follow from those at a smaller correlation (price.hpp), and those of others are integrated for
// each pair (nearly_parallel.hpp), which is a hundred times slower.
//
// Thread safety: as elementwise.hpp says.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/sdk/detail/hermite_expansion.hpp>
#include <widelimit/sdk/detail/nearly_parallel.hpp>
#include <widelimit/sdk/detail/pointwise.hpp>
#include <widelimit/sdk/detail/price.hpp>
#include <widelimit/sdk/host.hpp>
#include <widelimit/sdk/math.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <new>
#include <string>

namespace widelimit::sdk::detail {

/// Tells the user when a quadrature is less accurate than promised: once, and again for errors a
/// hundred times as large.
///
/// Thread safety: all methods may be called from any thread.
class AccuracyWarning {
 public:
  void report(const Host& host, const char* layer, double variance, double error,
              double promised) const {
    double said = said_.load(std::memory_order_relaxed);
    do {
      if (error <= promised || error <= 100 * said) return;
    } while (!said_.compare_exchange_weak(said, std::max(error, promised)));
    char text[320];
    std::snprintf(text, sizeof text,
                  "the kernel of this layer is inaccurate at variance %.3g: the quadrature that "
                  "replaces `moments` has an estimated error of %.1g of E[f(u)^2] or E[f'(u)^2]; "
                  "state the `kinks` of the function, or write `moments` in closed form",
                  variance, std::min(error, 1.0));
    host.log(LogLevel::warning, layer, text);
  }

 private:
  mutable std::atomic<double> said_{0};
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
    double value_gap[block], slope_gap[block], error[block];
    /// The greatest correlation at which the terms are used: less than 1 for a piecewise linear
    /// function with gaps.
    alignas(64) double bound[block];
    bool with_panels[block];
    Panels panels[block];
    alignas(64) double value[Expansion::most_terms][block], slope[Expansion::most_terms][block];

    /// Computes the first n lanes. Lanes whose variance has not changed are kept.
    template <class T>
    void expand(const Layer& layer, const Kinks& kinks, typename Expansion::Workspace& workspace,
                const T* variances, std::int64_t n, bool filled) {
      if (!filled) {
        terms = 0;
        std::fill(variance, variance + block, 0.0);
        std::fill(bound, bound + block, 1.0);
      }
      for (std::int64_t lane = 0; lane < n; ++lane)
        if (const auto v = double{variances[lane]}; !filled || v != variance[lane]) {
          variance[lane] = v;
          const Expansion e(layer, v, kinks, workspace);
          set(lane, e);
          value_gap[lane] = e.value_gap;
          slope_gap[lane] = e.slope_gap;
          error[lane] = e.error;
          bound[lane] = 1;
          with_panels[lane] = e.with_panels && (e.value_gap > 0 || e.slope_gap > 0);
          if (with_panels[lane]) {
            panels[lane] = workspace.panels;
            if (panels[lane].piecewise_linear) bound[lane] = greatest_safe_correlation();
          }
        }
    }

    /// Made when they are needed, if the expansion did not need them.
    const Panels& panels_of(std::int64_t lane, const Layer& layer, const Kinks& kinks) {
      if (!with_panels[lane]) {
        PanelMaker<Layer>(layer, variance[lane], kinks, panels[lane]);
        error[lane] = std::max(error[lane], panels[lane].error);
        with_panels[lane] = true;
      }
      return panels[lane];
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
    typename Expansion::Workspace workspace;
    Sides first, second;
    alignas(64) double covariance[block], value[block], slope[block];
  };

 public:
  /// The scratch memory that the plan must request.
  static constexpr std::uint64_t scratch_bytes = sizeof(Scratch);

  static void transform(const Layer& layer, const widelimit_run& run, const Host& host,
                        const AccuracyWarning& warning) {
    check_run(run, true);
    if (run.scratch == nullptr)
      throw Error(WIDELIMIT_E_ARGUMENT, "this layer needs the scratch that its plan asked for");
    const Inaccuracy worst =
        run.output->dtype == WIDELIMIT_F32 ? sweep<float>(layer, run) : sweep<double>(layer, run);
    warning.report(host, Layer::name, worst.variance, worst.error,
                   run.output->dtype == WIDELIMIT_F32 ? 1e-6 : 1e-9);
  }

 private:
  struct Inaccuracy {
    double variance = 0, error = 0;

    void include(const Sides& side, std::int64_t lanes) {
      for (std::int64_t lane = 0; lane < lanes; ++lane)
        if (side.error[lane] > error) *this = {side.variance[lane], side.error[lane]};
    }
  };

  /// sum_n a_n b_n c^n of both functions, for one register of lanes; `broadcast`: one a for all.
  template <bool broadcast>
  static void combine(Scratch& s, std::int64_t lane) {
    const V p = broadcast ? V(s.first.variance[0]) : V::load(s.first.variance + lane);
    const V scale = geometric_mean(p, V::load(s.second.variance + lane));
    // Rounding can make |k| greater than sqrt(p q). NaN stays NaN.
    const V ratio = V::load(s.covariance + lane) / scale;
    const V bound = max(broadcast ? V(s.first.bound[0]) : V::load(s.first.bound + lane),
                        V::load(s.second.bound + lane));
    const V c = select(scale == V(0), V(0), max(-bound, min(bound, ratio)));
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

  /// At which the power of the number of terms is below rounding error.
  static double greatest_safe_correlation() { return std::exp(std::log(1e-14) / nodes); }

  /// The pairs of a block for which the terms do not suffice.
  template <bool broadcast>
  static void complete(Scratch& s, const Layer& layer, const Kinks& kinks, std::int64_t n,
                       bool with_slope, double tolerance) {
    for (std::int64_t lane = 0; lane < n; ++lane) {
      const std::int64_t at = broadcast ? 0 : lane;
      const double value_gaps = s.first.value_gap[at] * s.second.value_gap[lane];
      const double slope_gaps = s.first.slope_gap[at] * s.second.slope_gap[lane];
      if (value_gaps == 0 && slope_gaps == 0) continue;
      const double k = s.covariance[lane], p = s.first.variance[at], q = s.second.variance[lane];
      const Correlation c(k, p, q);
      const double bound = std::max(s.first.bound[at], s.second.bound[lane]);
      const double missing = std::max(value_gaps, with_slope ? slope_gaps : 0);
      const bool with_itself = p == q && std::abs(k) == p;
      if (c.cosine > bound) {
        const Panels &first = s.first.panels[at], &second = s.second.panels[lane];
        // Exchanging the samples must not change a bit.
        const auto more = PriceIntegral<Layer>(p <= q ? first : second, p <= q ? second : first)
                              .difference(c.angle(), std::acos(bound), c.sign, s.slope[lane]);
        s.value[lane] += std::sqrt(p) * std::sqrt(q) * more.value;
        s.slope[lane] += more.slope;
      } else if (bound == 1 && !with_itself && missing * std::pow(c.cosine, nodes) > tolerance) {
        const Panels& first = s.first.panels_of(at, layer, kinks);
        const Panels& second = s.second.panels_of(lane, layer, kinks);
        if (!first.decays || !second.decays) {
          s.value[lane] = s.slope[lane] = std::numeric_limits<double>::infinity();
          continue;
        }
        const auto moments =
            NearlyParallel<Layer>(layer, c, {p, &first}, {q, &second}).moments(with_slope);
        s.value[lane] = moments.value;
        s.slope[lane] = moments.slope;
      }
    }
  }

  template <class T>
  static Inaccuracy sweep(const Layer& layer, const widelimit_run& run) {
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
    const Kinks kinks = Kinks::of(layer);
    constexpr bool stated = HasKinkMethod<Layer> || HasKinkMember<Layer>;
    constexpr double tolerance = sizeof(T) == sizeof(float) ? 5e-8 : stated ? 1e-11 : 1e-8;
    Inaccuracy worst;

    for (std::int64_t begin = 0; begin < span.lanes; begin += block) {
      const std::int64_t n = std::min(block, span.lanes - begin);
      bool filled = false;
      for (std::int64_t site = span.first_site; site < span.last_site; ++site, filled = true) {
        s.second.expand(layer, kinks, s.workspace,
                        second + variances.second_at[site] * span.lanes + begin, n, filled);
        if (broadcast)
          s.first.expand(layer, kinks, s.workspace, first + variances.first_at[site], 1, filled);
        else
          s.first.expand(layer, kinks, s.workspace,
                         first + variances.first_at[site] * span.lanes + begin, n, filled);
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
        if (broadcast)
          complete<true>(s, layer, kinks, n, with_ntk, tolerance);
        else
          complete<false>(s, layer, kinks, n, with_ntk, tolerance);
        worst.include(s.first, broadcast ? 1 : n);
        worst.include(s.second, n);
        if (with_ntk) store_ntk<T>(s, run, map, pending, entry, n, mapped);
        T* const out = static_cast<T*>(run.output->nngp) + entry;
        for (std::int64_t lane = 0; lane < n; ++lane) out[lane] = static_cast<T>(s.value[lane]);
      }
    }
    return worst;
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
