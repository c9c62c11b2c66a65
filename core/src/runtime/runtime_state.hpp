// What stands behind a Runtime.
#pragma once

#include <widelimit/runtime.hpp>

#include "plugin/registry.hpp"

#include <memory>
#include <vector>

namespace widelimit {

struct Runtime::State {
  std::shared_ptr<detail::Registry> registry;
  std::vector<SearchStep> search;
};

}  // namespace widelimit
