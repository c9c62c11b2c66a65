// A layer that a plugin created, with what its parameters and its branches are.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/network_spec.hpp>

#include <memory>
#include <string>
#include <vector>

namespace widelimit::detail {

/// A created layer. Destroying the last copy destroys the layer, then lets its library go.
struct Layer {
  Place place;
  std::string type, name;
  const widelimit_layer_type* table = nullptr;
  std::shared_ptr<widelimit_layer> object;  ///< keeps the library alive
  std::vector<std::vector<Layer>> inputs;   ///< branches; empty: what reaches this layer
};

}  // namespace widelimit::detail
