// A layer that a plugin created, and how its functions are called.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/network_spec.hpp>

#include "boundary/abi_error.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace widelimit::detail {

/// A created layer. Destroying the last copy destroys the layer and then releases its library.
struct Layer {
  Place place;
  std::string type, name;
  const widelimit_layer_type* table = nullptr;
  std::shared_ptr<widelimit_layer> object;  ///< keeps the library alive
  std::vector<std::vector<Layer>> inputs;   ///< branches; empty: the output of the previous layer

  [[nodiscard]] Callee callee() const noexcept { return {"layer", type, place.pointer}; }
};

/// Calls function(object, error) with the object of the layer, as call_plugin() does. For functions
/// that several threads may call at once.
template <class F>
void call_layer(const Layer& layer, widelimit_error& error, F&& function) {
  call_plugin(layer.callee(), error,
              [&](widelimit_error* e) { return function(layer.object.get(), e); });
}
template <class F>
void call_layer(const Layer& layer, F&& function) {
  widelimit_error error = make_abi_error();
  call_layer(layer, error, std::forward<F>(function));
}

/// One mutex for all layers.
[[nodiscard]] std::mutex& layer_setup_mutex() noexcept;

/// The same for the [setup] functions of created layers, which must be called one at a time for
/// each layer. Networks and threads that share a layer share no other lock. Such calls take
/// microseconds.
template <class F>
void call_layer_setup(const Layer& layer, F&& function) {
  const std::lock_guard lock(layer_setup_mutex());
  call_layer(layer, std::forward<F>(function));
}

}  // namespace widelimit::detail
