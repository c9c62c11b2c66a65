// The author's struct inside the general layers that other headers make of it, and the faces of
// finite width that are passed on to it as they are.
//
// Thread safety: as layer.hpp says.
#pragma once

#include <widelimit/sdk/layer_table.hpp>

#include <cstdint>
#include <span>
#include <utility>

namespace widelimit::sdk::detail {

/// Keeps the author's struct, and its weights where it has some.
template <class L>
struct Wrapped {
  L own;

  explicit Wrapped(L layer) : own(std::move(layer)) {}

  std::int64_t theta_size(const Shape& in) const requires OffersThetaSize<L> {
    return own.theta_size(in);
  }
  void init(const Shape& in, const Random& random,
            std::span<double> theta) const requires OffersInit<L> {
    own.init(in, random, theta);
  }
};

/// Passes batches on too. `is_linear`: the layer is linear in its input and has no weights, so that
/// forward of the tangent is its jvp where it writes none.
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
