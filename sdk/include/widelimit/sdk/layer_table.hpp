// The C table of a layer type, made from whatever methods the author's struct offers: the functions
// in it guard, unwrap and call. layer.hpp says what the methods are.
//
// Thread safety: as layer.hpp says.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/sdk/error.hpp>
#include <widelimit/sdk/host.hpp>
#include <widelimit/sdk/params.hpp>
#include <widelimit/sdk/plan.hpp>
#include <widelimit/sdk/views.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace widelimit::sdk {

/// The general layer that an author's struct stands for: itself, or one that elementwise.hpp,
/// linear.hpp or combine.hpp wrap around it.
template <class L>
struct LayerOf {
  using type = L;
};

template <class L>
concept Planned = requires(const L layer, Plan plan) {
  layer.plan(plan);
};

namespace detail {

template <class L>
concept OffersTransform = requires(const L layer, const widelimit_run run) {
  layer.transform(run);
};
template <class L>
concept OffersReads = requires(const L layer, Reads reads) {
  layer.reads(reads);
};
template <class L>
concept OffersGathering = requires(const L layer, const widelimit_gather gather) {
  layer.begin(gather);
  layer.accumulate(gather);
  layer.finish(gather);
};
template <class L>
concept OffersSiteTerms = requires(const L layer, const widelimit_site_terms request) {
  layer.site_terms(request);
};
template <class L>
concept OffersThetaSize = requires(const L layer, const Shape shape) {
  layer.theta_size(shape);
};
template <class L>
concept OffersInit = requires(const L layer, const Shape shape, const Random random,
                              std::span<double> theta) {
  layer.init(shape, random, theta);
};
template <class L>
concept OffersForward = requires(const L layer, const Pass pass) {
  layer.forward(pass);
};
template <class L>
concept OffersJvp = requires(const L layer, const Pass pass) {
  layer.jvp(pass);
};
template <class L>
concept OffersVjp = requires(const L layer, const Pass pass) {
  layer.vjp(pass);
};

template <class L>
constexpr std::uint32_t min_inputs_or(std::uint32_t fallback) {
  if constexpr (requires { L::min_inputs; })
    return L::min_inputs;
  else
    return fallback;
}
template <class L>
constexpr std::uint32_t max_inputs_or(std::uint32_t fallback) {
  if constexpr (requires { L::max_inputs; })
    return L::max_inputs;
  else
    return fallback;
}

inline void check_inputs(std::uint32_t n, std::uint32_t min, std::uint32_t max) {
  if (n < min || (max != 0 && n > max))
    throw unsupported("takes " + std::to_string(min) +
                      (max == 0     ? " or more inputs"
                       : max == min ? (min == 1 ? " input" : " inputs")
                                    : " to " + std::to_string(max) + " inputs") +
                      ", got " + std::to_string(n));
}

/// The C table of one layer type: its functions guard, unwrap and call the author's.
template <class L>
struct LayerTable {
  using Layer = typename LayerOf<L>::type;
  static_assert(Planned<Layer>,
                "this type is neither a layer nor a solver: it has no plan(Plan&) const, no "
                "value/slope (include elementwise.hpp), no linear (include linear.hpp), no join "
                "(include combine.hpp), no factorise (include solver.hpp)");

  static constexpr std::uint32_t min_inputs = min_inputs_or<Layer>(1);
  static constexpr std::uint32_t max_inputs = max_inputs_or<Layer>(1);

  struct Object {
    Layer layer;
    Host host;
  };

  static const Object& of(const widelimit_layer* layer) {
    return *reinterpret_cast<const Object*>(layer);
  }

  static widelimit_status create(const widelimit_host* host, const widelimit_params* params,
                                 widelimit_layer** out, widelimit_error* error) {
    return guard(error, [&] {
      auto object = std::make_unique<Object>(Object{Layer{read_params<L>(params)}, Host(host)});
      *out = reinterpret_cast<widelimit_layer*>(object.release());
    });
  }
  static void destroy(widelimit_layer* layer) { delete reinterpret_cast<Object*>(layer); }

  static widelimit_status plan(const widelimit_layer* layer, widelimit_plan* plan,
                               widelimit_error* error) {
    return guard(error, [&] {
      check_inputs(plan->n_inputs, min_inputs, max_inputs);
      Plan view(*plan);
      of(layer).layer.plan(view);
    });
  }

  // ---- infinite width ----

  static widelimit_status transform(const widelimit_layer* layer, const widelimit_run* run,
                                    widelimit_error* error) {
    return guard(error, [&] { of(layer).layer.transform(*run); });
  }
  static widelimit_status reads(const widelimit_layer* layer, widelimit_reads* reads,
                                widelimit_error* error) {
    return guard(error, [&] {
      Reads view(*reads);
      of(layer).layer.reads(view);
    });
  }
  static widelimit_status begin(const widelimit_layer* layer, const widelimit_gather* gather,
                                widelimit_error* error) {
    return guard(error, [&] { of(layer).layer.begin(*gather); });
  }
  static widelimit_status accumulate(const widelimit_layer* layer, const widelimit_gather* gather,
                                     widelimit_error* error) {
    return guard(error, [&] { of(layer).layer.accumulate(*gather); });
  }
  static widelimit_status finish(const widelimit_layer* layer, const widelimit_gather* gather,
                                 widelimit_error* error) {
    return guard(error, [&] { of(layer).layer.finish(*gather); });
  }
  static widelimit_status site_terms(const widelimit_layer* layer,
                                     const widelimit_site_terms* request, widelimit_error* error) {
    return guard(error, [&] { of(layer).layer.site_terms(*request); });
  }

  // ---- finite width ----

  static widelimit_status theta_size(const widelimit_layer* layer, const widelimit_shape* in,
                                     std::int64_t* out, widelimit_error* error) {
    return guard(error, [&] {
      if constexpr (OffersThetaSize<Layer>)
        *out = of(layer).layer.theta_size(Shape(*in));
      else
        *out = 0;
    });
  }
  static widelimit_status init(const widelimit_layer* layer, const widelimit_shape* in,
                               std::uint64_t seed, double* theta, widelimit_error* error) {
    return guard(error, [&] {
      if constexpr (OffersInit<Layer>) {
        static_assert(OffersThetaSize<Layer>, "a layer with init needs theta_size");
        const Object& object = of(layer);
        const auto size = static_cast<std::size_t>(object.layer.theta_size(Shape(*in)));
        object.layer.init(Shape(*in), Random(object.host, seed), std::span<double>(theta, size));
      }
    });
  }
  static widelimit_status forward(const widelimit_layer* layer, const widelimit_pass* pass,
                                  widelimit_error* error) {
    return guard(error, [&] { of(layer).layer.forward(Pass(*pass)); });
  }
  static widelimit_status jvp(const widelimit_layer* layer, const widelimit_pass* pass,
                              widelimit_error* error) {
    return guard(error, [&] { of(layer).layer.jvp(Pass(*pass)); });
  }
  static widelimit_status vjp(const widelimit_layer* layer, const widelimit_pass* pass,
                              widelimit_error* error) {
    return guard(error, [&] { of(layer).layer.vjp(Pass(*pass)); });
  }

  static constexpr widelimit_infinite_face infinite_face() {
    widelimit_infinite_face face{};
    face.struct_size = sizeof face;
    if constexpr (OffersTransform<Layer>) face.transform = transform;
    if constexpr (OffersReads<Layer>) face.reads = reads;
    if constexpr (OffersGathering<Layer>) {
      face.begin = begin;
      face.accumulate = accumulate;
      face.finish = finish;
    }
    if constexpr (OffersSiteTerms<Layer>) face.site_terms = site_terms;
    return face;
  }
  static constexpr widelimit_finite_face finite_face() {
    widelimit_finite_face face{};
    face.struct_size = sizeof face;
    face.theta_size = theta_size;
    face.init = init;
    if constexpr (OffersForward<Layer>) face.forward = forward;
    if constexpr (OffersJvp<Layer>) face.jvp = jvp;
    if constexpr (OffersVjp<Layer>) face.vjp = vjp;
    return face;
  }

  static constexpr widelimit_infinite_face infinite = infinite_face();
  static constexpr widelimit_finite_face finite = finite_face();

  static constexpr widelimit_layer_type table(const widelimit_type_info* info) {
    return {sizeof(widelimit_layer_type),
            min_inputs,
            max_inputs,
            info,
            create,
            destroy,
            plan,
            OffersTransform<Layer> || OffersGathering<Layer> ? &infinite : nullptr,
            OffersForward<Layer> ? &finite : nullptr};
  }
};

}  // namespace detail
}  // namespace widelimit::sdk
