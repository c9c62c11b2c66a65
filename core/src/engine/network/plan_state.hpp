// What stands behind a PlannedNetwork: a compiled network, and what is made of it once.
#pragma once

#include <widelimit/planned_network.hpp>

#include "engine/network/compiled.hpp"
#include "engine/network/network_state.hpp"
#include "engine/network/planned_layers.hpp"
#include "engine/plan/lazy.hpp"

#include <memory>
#include <utility>

namespace widelimit {

struct PlannedNetwork::State {
  State(std::shared_ptr<const detail::CreatedNetwork> created_network, const SampleShape& of)
      : created(std::move(created_network)), shape(of), net(created->layers, of) {}

  [[nodiscard]] detail::Executor& executor() const noexcept { return *created->executor; }
  [[nodiscard]] const detail::PlannedLayers& planned() const {
    return layers.get([&] { return detail::planned_layers(net); });
  }

  std::shared_ptr<const detail::CreatedNetwork> created;
  SampleShape shape;
  detail::Compiled net;
  detail::Lazy<detail::PlannedLayers> layers;
};

}  // namespace widelimit
