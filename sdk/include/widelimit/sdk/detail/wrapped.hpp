// The base of the general layers that other headers build from an author's struct. It contains the
// struct and forwards the functions of finite width to it.
//
// Thread safety: as layer.hpp says.
#pragma once

#include <widelimit/sdk/detail/layer_table.hpp>

#include <cstdint>
#include <span>
#include <utility>

namespace widelimit::sdk::detail {

/// Contains the author's struct, and forwards the functions of its weights if it has some.
template <class L>
struct Wrapped {
  L own;

  explicit Wrapped(L layer) : own(std::move(layer)) {}

  template <class In>
  std::int64_t theta_size(const In& in) const requires HasThetaSizeFor<L, In> {
    return own.theta_size(in);
  }
  template <class In>
  void init(const In& in, const Random& random,
            std::span<double> theta) const requires HasInitFor<L, In> {
    own.init(in, random, theta);
  }
};

/// Also forwards batches. `is_linear`: the layer is linear in its input and has no weights, so that
/// its jvp is forward of the tangent, unless it has its own.
template <class L, bool is_linear>
struct WrappedBatches : Wrapped<L> {
  using Wrapped<L>::Wrapped;
  using Wrapped<L>::own;

  void forward(const Pass& pass) const requires OffersForward<L> { own.forward(pass); }
  void jvp(const Pass& pass) const requires(OffersJvp<L> || (OffersForward<L> && is_linear)) {
    if constexpr (OffersJvp<L>)
      own.jvp(pass);
    else
      own.forward(pass.tangent());
  }
  void vjp(const Pass& pass) const requires OffersVjp<L> { own.vjp(pass); }
};

}  // namespace widelimit::sdk::detail
