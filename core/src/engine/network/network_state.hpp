// What stands behind a Network: its created layers and the runtime's services.
#pragma once

#include <widelimit/network.hpp>

#include "engine/plan/graph.hpp"
#include "execution/executor.hpp"

#include <memory>
#include <vector>

namespace widelimit {

struct Network::State {
  NetworkSpec spec;
  std::vector<detail::Layer> layers;  ///< keep their libraries and the host alive
  std::shared_ptr<detail::Executor> executor;
};

}  // namespace widelimit
