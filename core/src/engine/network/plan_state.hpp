// The implementation of PlannedNetwork: a compiled network and what is computed from it once.
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
  State(std::shared_ptr<const detail::CreatedNetwork> created_network,
        const SampleShape& sample_shape)
      : created(std::move(created_network)),
        shape(sample_shape),
        net(created->layers, sample_shape) {}

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
