// The state of a Runtime.
#pragma once

#include <widelimit/runtime.hpp>

#include "plugin/discovery.hpp"
#include "plugin/registry.hpp"

#include <memory>

namespace widelimit {

struct Runtime::State {
  std::shared_ptr<detail::HostState> host;
  detail::Discovery found;
  std::shared_ptr<const detail::Registry> registry;  ///< of the plugins that were found
};

}  // namespace widelimit
