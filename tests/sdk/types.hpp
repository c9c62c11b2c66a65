// Tables of a type, made here and not by a plugin's entry.
#pragma once

#include <widelimit/sdk.hpp>

#include "support.hpp"

#include <string>

namespace widelimit::test {

template <class T>
const widelimit_layer_type& layer_type() {
  static const sdk::detail::Type<T> type;
  return type.table;
}
template <class T>
const widelimit_solver_type& solver_type() {
  static const sdk::detail::Type<T> type;
  return type.table;
}

/// A layer type of a copy, by name.
inline const widelimit_layer_type& layer_type(const widelimit_plugin& plugin,
                                              const std::string& name) {
  for (std::uint32_t i = 0; i < plugin.n_layers; ++i)
    if (plugin.layers[i]->info->name == name) return *plugin.layers[i];
  throw std::out_of_range(name);
}

}  // namespace widelimit::test
