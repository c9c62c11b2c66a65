// Moments of pairs whose correlation is so close to 1 or -1 that the terms of Mehler's expansion
// decay too slowly. With x = a + b and y = a - b, where x and y are the arguments in units of their
// deviations, a and b are independent, and b is small. The integral over a, at a given b, is over
// cells on which both f(x) and f(y) are resolved: between the ends of the panels of either. It is a
// smooth function of b except where a kink of f(x) meets one of f(y), so the integral over b is
// cut there. The cost does not depend on the correlation.
//
// Thread safety: as elementwise.hpp says.
#pragma once

#include <widelimit/sdk/detail/correlation.hpp>
#include <widelimit/sdk/detail/panels.hpp>
#include <widelimit/sdk/math.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>

namespace widelimit::sdk::detail {

template <class Layer>
class NearlyParallel {
  using V = Vec<double>;

 public:
  struct Side {
    double variance;
    const Panels* panels;
  };
  struct Result {
    double value, slope;
  };

  NearlyParallel(const Layer& layer, const Correlation& c, Side p, Side q)
      : layer_(layer), sign_(c.sign) {
    // Exchanging the samples must not change a bit.
    if (q.variance < p.variance) std::swap(p, q);
    first_ = p.panels;
    second_ = q.panels;
    first_deviation_ = std::sqrt(p.variance);
    second_deviation_ = sign_ * std::sqrt(q.variance);
    variance_of_a_ = (1 + c.cosine) / 2;
    deviation_of_b_ = c.sine / std::sqrt(2 * (1 + c.cosine));
  }

  [[nodiscard]] Result moments(bool with_slope) {
    with_slope_ = with_slope;
    Result sum{};
    if (deviation_of_b_ == 0) {
      sum = at(0);
    } else {
      const double reach = std::max(first_->square_reach, second_->square_reach) * deviation_of_b_;
      find_meetings(reach);
      for (double b = -reach; b < reach;) {
        const double end = add_panel(sum, b, reach);
        if (!(end > b)) break;
        b = end;
      }
      const double norm = 1 / (std::sqrt(2 * std::numbers::pi) * deviation_of_b_);
      sum.value *= norm;
      sum.slope *= norm;
    }
    const double norm = 1 / std::sqrt(2 * std::numbers::pi * variance_of_a_);
    return {sum.value * norm, sum.slope * norm};
  }

 private:
  static constexpr std::size_t most_meetings = 1024;
  /// Of rules for panels that are narrow compared with what they are resolved on.
  static constexpr std::size_t narrow_order = 8;
  static constexpr double narrow = 0.05, wider = 0.15;

  /// Where features of both functions meet, as b changes.
  struct Meeting {
    double at, width;
    bool of_kinks;
  };

  void find_meetings(double reach) {
    meetings_ = 0;
    for (std::size_t i = 0; i < first_->foci; ++i)
      for (std::size_t j = 0; j < second_->foci; ++j) {
        const auto &x = first_->focus[i], &y = second_->focus[j];
        const double at = (x.at - sign_ * y.at) / 2;
        if (std::abs(at) >= 2 * reach || meetings_ == most_meetings) continue;
        meeting_[meetings_++] = {at, std::min(x.width, y.width), x.is_kink && y.is_kink};
      }
  }

  /// Adds the panel that begins at b, and returns its end. It is as wide as the nearest meetings
  /// are narrow, or as they are far.
  double add_panel(Result& sum, double b, double reach) const {
    double width = reach / 2, kink = reach;
    for (std::size_t i = 0; i < meetings_; ++i) {
      const Meeting& m = meeting_[i];
      const double distance = m.at - b;
      width = std::min(width, std::max(m.width, distance > 0 ? 0.75 * distance : -3 * distance));
      if (m.of_kinks && distance > 0) kink = std::min(kink, m.at);
    }
    const double end = b + 1.2 * width >= kink ? kink : b + width;
    if (end - b < narrow * width)
      add_panel_of<narrow_order>(sum, b, end);
    else
      add_panel_of<Panels::order>(sum, b, end);
    return end;
  }
  template <std::size_t order>
  void add_panel_of(Result& sum, double low, double high) const {
    const auto& rule = gauss_legendre<order>();
    const double half = (high - low) / 2;
    for (std::size_t i = 0; i < order; ++i) {
      const double b = low + half * (1 + rule.x[i]), z = b / deviation_of_b_;
      const double weight = half * rule.weight[i] * std::exp(-0.5 * z * z);
      const Result inner = at(b);
      sum.value += weight * inner.value;
      sum.slope += weight * inner.slope;
    }
  }

  /// The ends of the panels of one function from the lowest to the highest, moved.
  class Ends {
   public:
    Ends(const Panels& panels, double shift, double low)
        : panels_(panels), shift_(shift), at_(-static_cast<std::ptrdiff_t>(panels.count)) {
      while (high() <= low && !last()) ++at_;
    }
    /// Of the present panel.
    [[nodiscard]] double low() const { return end(at_); }
    [[nodiscard]] double high() const { return end(at_ + 1); }
    [[nodiscard]] bool high_is_kink() const {
      return panels_.end_is_kink[static_cast<std::size_t>(std::abs(at_ + 1))];
    }
    /// Width of the next panel.
    [[nodiscard]] double next() const { return last() ? 0 : end(at_ + 2) - end(at_ + 1); }
    void pass(double position) {
      while (high() <= position && !last()) ++at_;
    }

   private:
    [[nodiscard]] bool last() const {
      return at_ + 1 >= static_cast<std::ptrdiff_t>(panels_.count);
    }
    [[nodiscard]] double end(std::ptrdiff_t i) const {
      return (i < 0 ? -panels_.end[static_cast<std::size_t>(-i)]
                    : panels_.end[static_cast<std::size_t>(i)]) +
             shift_;
    }

    const Panels& panels_;
    double shift_;
    std::ptrdiff_t at_;
  };

  /// The integral over a, but for the norm of its density.
  [[nodiscard]] Result at(double b) const {
    const double low = std::max(-first_->square_reach - b, -second_->square_reach + b);
    const double high = std::min(first_->square_reach - b, second_->square_reach + b);
    Result sum{};
    Ends x(*first_, -b, low), y(*second_, b, low);
    for (double from = low; from < high;) {
      const Ends &sooner = x.high() < y.high() ? x : y, &later = x.high() < y.high() ? y : x;
      const double resolved = std::min(x.high() - x.low(), y.high() - y.low());
      // A panel of a smooth function can be a little wider.
      const bool both = !sooner.high_is_kink() &&
                        later.high() - sooner.high() < wider * std::min(resolved, sooner.next());
      double to = std::min(both ? later.high() : sooner.high(), high);
      if (to <= from) to = high;  // beyond the last panels, which end at the reach
      if (to - from < narrow * resolved)
        add_cell<narrow_order>(sum, b, from, to);
      else
        add_cell<Panels::order>(sum, b, from, to);
      from = to;
      x.pass(from);
      y.pass(from);
    }
    return sum;
  }

  template <std::size_t order>
  void add_cell(Result& sum, double b, double low, double high) const {
    const auto& rule = gauss_legendre<order>();
    const double half = (high - low) / 2, middle = low + half;
    alignas(64) std::array<double, order> a, weight;
    const V rate = -0.5 / variance_of_a_;
    for (std::size_t i = 0; i < order; i += V::lanes) {
      const V at = fma(V(half), V::load(&rule.x[i]), V(middle));
      at.store(&a[i]);
      (V(half) * V::load(&rule.weight[i]) * exp(rate * at * at)).store(&weight[i]);
    }
    for (std::size_t i = 0; i < order; ++i) {
      const double u = first_deviation_ * (a[i] + b), v = second_deviation_ * (a[i] - b);
      sum.value += weight[i] * layer_.value(u) * layer_.value(v);
      if (with_slope_) sum.slope += weight[i] * layer_.slope(u) * layer_.slope(v);
    }
  }

  const Layer& layer_;
  const Panels *first_, *second_;
  double sign_;
  double first_deviation_, second_deviation_;
  double variance_of_a_, deviation_of_b_;
  bool with_slope_ = true;
  std::array<Meeting, most_meetings> meeting_;
  std::size_t meetings_ = 0;
};

}  // namespace widelimit::sdk::detail
