// The plugins of the build, loaded once, and networks of them from JSON text.
#pragma once

#include <widelimit/runtime.hpp>

#include <string>

namespace widelimit::test {

inline const Runtime& plugin_runtime() {
  static const Runtime shared([] {
    RuntimeOptions o;
    o.plugin_path = {WIDELIMIT_TEST_PLUGINS};
    o.use_environment = false;
    o.use_install = false;
    return o;
  }());
  return shared;
}

inline Network plugin_network(const std::string& json) { return plugin_runtime().network(json); }

}  // namespace widelimit::test
