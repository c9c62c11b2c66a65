// The descriptor of a plugin that a test writes by hand, without the SDK.
#pragma once

#include <widelimit/abi.h>

namespace widelimit::test {

/// Of one type of layer. `open` and `close` may be NULL.
constexpr widelimit_plugin descriptor_of(const char* id, const char* version,
                                         const widelimit_layer_type* const* layers,
                                         decltype(widelimit_plugin::open) open = nullptr,
                                         decltype(widelimit_plugin::close) close = nullptr) {
  widelimit_plugin plugin{};
  plugin.struct_size = sizeof plugin;
  plugin.abi_minor = WIDELIMIT_ABI_MINOR;
  plugin.id = id;
  plugin.version = version;
  plugin.vendor = plugin.license = plugin.summary = plugin.build = "";
  plugin.n_layers = 1;
  plugin.layers = layers;
  plugin.open = open;
  plugin.close = close;
  return plugin;
}

}  // namespace widelimit::test
