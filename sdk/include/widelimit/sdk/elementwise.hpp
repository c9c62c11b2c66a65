// Pointwise layers. The author of a nonlinearity writes these methods:
//   auto moments(auto k, auto p, auto q) const;   E[f(u) f(v)] and E[f'(u) f'(v)] as Moments
//   double value(double x) const;                 f
//   double slope(double x) const;                 f'
//   auto site_terms(auto p) const;                optional: what follows from one variance alone;
//                                                 moments then takes k and the terms of p and q
//   auto prepare(k, p, q) const; auto complete(const auto& prepared) const;
//                                                 optional: moments in two steps, complete(prepare(
//                                                 k, p, q)); loops over images complete one site
//                                                 while they prepare the next, which is faster
//                                                 if the steps are long dependent chains
//   static constexpr bool specialised_loops = true; optional, with moments: compiles more loops,
//                                                 those over images among them. They are up to
//                                                 three times as fast if the moments take few
//                                                 operations, and most of the time to compile
//   auto shared_moments() const;                  optional, in place of `moments` and the members
//                                                 that belong to it: returns an object that has
//                                                 them. Layers that return the same type share one
//                                                 copy of the loops
//   static constexpr std::array kinks = {-1.0, 1.0};
//                                                 optional, without moments: where f or f' has a
//                                                 kink or a jump, in any order; or a method that
//                                                 returns numbers, auto kinks() const
// The SDK generates all faces of the layer from them. Without `moments`, it computes the
// expectations from `value` and `slope` by quadrature. With `moments` alone, the layer is a general
// pointwise one: the covariance becomes `value`, and the NTK is multiplied by `slope`. Such a layer
// may have methods of the general layer (layer.hpp), which supplement or replace those of this
// header.
//
// Thread safety: as layer.hpp says.
#pragma once

#include <widelimit/sdk/detail/pointwise_transform.hpp>
#include <widelimit/sdk/detail/quadrature.hpp>
#include <widelimit/sdk/detail/wrapped.hpp>
#include <widelimit/sdk/layer.hpp>
#include <widelimit/sdk/math.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <tuple>
#include <type_traits>
#include <utility>

namespace widelimit::sdk {

/// f and f' of a function applied to every number of an activation.
template <class L>
concept HasValueAndSlope = requires(const L layer, double x) {
  double{layer.value(x)};
  double{layer.slope(x)};
};

namespace detail {

template <class L>
concept OffersValue = requires(const L layer, double x) {
  double{layer.value(x)};
};
template <class L>
concept OffersSlope = requires(const L layer, double x) {
  double{layer.slope(x)};
};
// Methods that the concepts of this header do not see, for example because they are not const. The
// layer would lose a face, or its own moments, without a word.
template <class L>
concept HasUnseenValue = !OffersValue<L> && requires(L layer, double x) {
  layer.value(x);
};
template <class L>
concept HasUnseenSlope = !OffersSlope<L> && requires(L layer, double x) {
  layer.slope(x);
};

/// The object that has a layer's `moments`: the layer itself, or what `shared_moments` returns.
template <class L>
decltype(auto) with_moments(const L& layer) {
  if constexpr (requires { layer.shared_moments(); })
    return layer.shared_moments();
  else
    return (layer);
}
template <class L>
using WithMoments = std::remove_cvref_t<decltype(with_moments(std::declval<const L&>()))>;

template <class L>
concept OwnMoments = requires(const L layer, Vec<double> v) {
  layer.moments(v, site_terms_of(layer, v), site_terms_of(layer, v));
};

}  // namespace detail

/// Moments of vectors, as above.
template <class L>
concept HasMoments = detail::OwnMoments<detail::WithMoments<L>>;
/// Moments of plain numbers only, called for each lane.
template <class L>
concept HasScalarMoments = !HasMoments<L> && requires(const L layer, double x) {
  layer.moments(x, x, x);
};
namespace detail {

template <class L>
concept HasUnseenMoments = !HasMoments<L> && !HasScalarMoments<L> &&
                           (
                               requires(L layer, Vec<double> v) { layer.moments(v, v, v); } ||
                               requires(L layer) { layer.shared_moments(); });

}  // namespace detail

template <class L>
concept Elementwise = HasMoments<L> || HasScalarMoments<L> || HasValueAndSlope<L>;

namespace detail {

/// Number of nodes of the quadrature that replaces `moments`, and the largest number of terms of
/// its expansion: the author's `quadrature_nodes`, or enough to reach rounding error for smooth
/// functions and variances up to ten.
template <class L>
constexpr int quadrature_nodes() {
  if constexpr (requires { L::quadrature_nodes; })
    return L::quadrature_nodes;
  else
    return 512;
}

/// Adapts moments of plain numbers to vectors.
template <class L>
struct LaneByLane {
  const L* layer;

  template <class V>
  auto moments(V k, V p, V q) const {
    using T = scalar_t<V>;
    T covariance[V::lanes], first[V::lanes], second[V::lanes], value[V::lanes], slope[V::lanes];
    k.store(covariance);
    p.store(first);
    q.store(second);
    for (std::size_t i = 0; i < V::lanes; ++i) {
      const auto m = layer->moments(double{covariance[i]}, double{first[i]}, double{second[i]});
      value[i] = static_cast<T>(m.value);
      slope[i] = static_cast<T>(m.slope);
    }
    return Moments<V>{V::load(value), V::load(slope)};
  }
};

/// The general layer around a pointwise one.
template <class L>
struct ElementwiseLayer : Wrapped<L> {
  static_assert(!HasUnseenValue<L>, "`value` must be a const method: double value(double x) const");
  static_assert(!HasUnseenSlope<L>, "`slope` must be a const method: double slope(double x) const");
  static_assert(!HasUnseenMoments<L>, "`moments` must be a const method of three arguments");
  static_assert(!HasUnseenKinks<L>,
                "`kinks` must be numbers: static constexpr std::array kinks = {-1.0, 1.0}; or a "
                "const method that returns them");

  using Wrapped<L>::Wrapped;
  using Wrapped<L>::own;

  static constexpr std::uint32_t min_inputs = 1, max_inputs = 1;

  void plan(Plan& plan) const {
    plan.set_nature(WIDELIMIT_POINTWISE);
    plan.add_traits(WIDELIMIT_TRAIT_NEEDS_VARIANCES | WIDELIMIT_TRAIT_NEEDS_GAUSSIAN |
                    WIDELIMIT_TRAIT_TAKES_PENDING);
    plan.set_gaussian(false);
    if constexpr (HasMoments<L> || HasScalarMoments<L>) {
      plan.set_flops_per_entry(60);
      if constexpr (HasMoments<L>) {
        plan.set_max_window(3, 3);
        plan.raw().n_site_terms = numbers_of_site_terms<WithMoments<L>>();
        plan.set_scratch(bytes_of_row(plan.in()));
      }
    } else {
      static_cast<void>(Kinks::of(own));  // refuses wrong ones before any work
      plan.set_scratch(QuadratureSweep<quadrature_nodes<L>(), L>::scratch_bytes);
      plan.set_flops_per_entry(2000);
    }
    if constexpr (Planned<L>) own.plan(plan);
  }

  void transform(const widelimit_run& run, const Host& host) const {
    if constexpr (HasMoments<L>)
      transform_field(with_moments(own), run);
    else if constexpr (HasScalarMoments<L>)
      transform_pointwise(LaneByLane<L>{&own}, run);
    else
      QuadratureSweep<quadrature_nodes<L>(), L>::transform(own, run, host, warning_);
  }

  void site_terms(const widelimit_site_terms& request) const
      requires(HasMoments<L>&& numbers_of_site_terms<WithMoments<L>>() > 0) {
    make_site_terms(with_moments(own), request);
  }

  void forward(const Pass& pass) const requires(OffersForward<L> || HasValueAndSlope<L>) {
    if constexpr (OffersForward<L>) {
      own.forward(pass);
    } else {
      const auto x = pass.x();
      const auto y = pass.y();
      for (std::size_t i = 0; i < y.size(); ++i) y[i] = own.value(x[i]);
    }
  }
  void jvp(const Pass& pass) const requires(OffersJvp<L> || HasValueAndSlope<L>) {
    if constexpr (OffersJvp<L>) {
      own.jvp(pass);
    } else {
      const auto x = pass.x(), x_dot = pass.x_dot();
      const auto y_dot = pass.y_dot();
      for (std::size_t i = 0; i < y_dot.size(); ++i) y_dot[i] = own.slope(x[i]) * x_dot[i];
    }
  }
  void vjp(const Pass& pass) const requires(OffersVjp<L> || HasValueAndSlope<L>) {
    if constexpr (OffersVjp<L>) {
      own.vjp(pass);
    } else {
      const auto x = pass.x(), y_bar = pass.y_bar();
      const auto x_bar = pass.x_bar();
      for (std::size_t i = 0; i < x_bar.size(); ++i) x_bar[i] += own.slope(x[i]) * y_bar[i];
    }
  }

 private:
  AccuracyWarning warning_;
};

}  // namespace detail

template <Elementwise L>
struct LayerOf<L> {
  using type = detail::ElementwiseLayer<L>;
};

}  // namespace widelimit::sdk
