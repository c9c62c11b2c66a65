// The C table of a layer type, built from the methods that the author's struct has (layer.hpp lists
// them). Each function in it converts the arguments, calls the method and catches exceptions.
//
// Thread safety: as layer.hpp says.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/sdk/detail/params.hpp>
#include <widelimit/sdk/error.hpp>
#include <widelimit/sdk/host.hpp>
#include <widelimit/sdk/plan.hpp>
#include <widelimit/sdk/views.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace widelimit::sdk {

/// The general layer for an author's struct: the struct itself, or a wrapper from elementwise.hpp,
/// linear.hpp or combine.hpp.
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
concept TransformsWithHost = requires(const L layer, const widelimit_run run, const Host host) {
  layer.transform(run, host);
};
template <class L>
concept OffersTransform = TransformsWithHost<L> ||
    requires(const L layer, const widelimit_run run) {
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
// Of a layer of one input (Shape) or of several (Shapes).
template <class L, class In>
concept HasThetaSizeFor = requires(const L layer, const In in) {
  layer.theta_size(in);
};
template <class L, class In>
concept HasInitFor = requires(const L layer, const In in, const Random random,
                              std::span<double> theta) {
  layer.init(in, random, theta);
};
template <class L>
concept OffersThetaSize = HasThetaSizeFor<L, Shape> || HasThetaSizeFor<L, Shapes>;
template <class L>
concept OffersInit = HasInitFor<L, Shape> || HasInitFor<L, Shapes>;
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

// Methods that only an object that is not const could call. The host's layers are const, so such a
// method would be left out without a word, and with it the face that needs it.
template <class L>
concept LacksConstInPlan = !Planned<L> && requires(L layer, Plan plan) {
  layer.plan(plan);
};
template <class L>
concept LacksConstInFinite =
    (!OffersForward<L> && requires(L layer, const Pass pass) { layer.forward(pass); }) ||
    (!OffersJvp<L> && requires(L layer, const Pass pass) { layer.jvp(pass); }) ||
    (!OffersVjp<L> && requires(L layer, const Pass pass) { layer.vjp(pass); });
template <class L>
concept LacksConstInInfinite =
    (!OffersTransform<L> && requires(L layer, const widelimit_run run) { layer.transform(run); }) ||
    (!OffersReads<L> && requires(L layer, Reads reads) { layer.reads(reads); });
template <class L, class In>
concept LacksConstInParametersFor =
    (!HasThetaSizeFor<L, In> && requires(L layer, const In in) { layer.theta_size(in); }) ||
    (!HasInitFor<L, In> && requires(L layer, const In in, const Random random,
                                    std::span<double> theta) { layer.init(in, random, theta); });
/// Says in the compiler's words which method lacks `const`.
template <class L>
struct RequireConst {
  static_assert(!LacksConstInPlan<L>, "`plan` must be a const method: void plan(Plan&) const");
  static_assert(
      !LacksConstInFinite<L>,
      "`forward`, `jvp` and `vjp` must be const methods: void forward(const Pass&) const");
  static_assert(!LacksConstInInfinite<L>, "`transform` and `reads` must be const methods");
  static_assert(!LacksConstInParametersFor<L, Shape> && !LacksConstInParametersFor<L, Shapes>,
                "`theta_size` and `init` must be const methods");
  static constexpr bool done = true;
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

/// The C table of one layer type.
template <class L>
struct LayerTable {
  using Layer = typename LayerOf<L>::type;
  static_assert(RequireConst<L>::done);
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
      std::unique_ptr<Object> object(new Object{Layer{read_params<L>(params)}, Host(host)});
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
    return guard(error, [&] {
      const Object& object = of(layer);
      if constexpr (TransformsWithHost<Layer>)
        object.layer.transform(*run, object.host);
      else
        object.layer.transform(*run);
    });
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

  static widelimit_status theta_size(const widelimit_layer* layer, std::uint32_t n_inputs,
                                     const widelimit_shape* const* in_shape, std::int64_t* out,
                                     widelimit_error* error) {
    return guard(error, [&] {
      if constexpr (HasThetaSizeFor<Layer, Shapes>)
        *out = of(layer).layer.theta_size(Shapes(in_shape, n_inputs));
      else if constexpr (OffersThetaSize<Layer>)
        *out = of(layer).layer.theta_size(Shape(*in_shape[0]));
      else
        *out = 0;
    });
  }
  static widelimit_status init(const widelimit_layer* layer, const widelimit_init* init,
                               widelimit_error* error) {
    return guard(error, [&] {
      if constexpr (OffersInit<Layer>) {
        static_assert(OffersThetaSize<Layer>, "a layer with init needs theta_size");
        const Object& object = of(layer);
        const Random random(object.host, init->seed);
        const std::span<double> theta(init->theta, static_cast<std::size_t>(init->theta_size));
        if constexpr (HasInitFor<Layer, Shapes>)
          object.layer.init(Shapes(init->in_shape, init->n_inputs), random, theta);
        else
          object.layer.init(Shape(*init->in_shape[0]), random, theta);
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
