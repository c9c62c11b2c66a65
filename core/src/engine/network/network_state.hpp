// What stands behind a Network: its created layers and the runtime's services.
#pragma once

#include <widelimit/network.hpp>

#include "engine/plan/graph.hpp"
#include "execution/executor.hpp"

#include <memory>
#include <mutex>
#include <vector>

namespace widelimit {

namespace detail {

/// Shared by a network and its plans, whose graphs point into the layers.
struct CreatedNetwork {
  NetworkSpec spec;
  std::vector<Layer> layers;  ///< keep their libraries and the host alive
  std::shared_ptr<Executor> executor;
};

}  // namespace detail

class Network::State {
 public:
  explicit State(detail::CreatedNetwork created);

  [[nodiscard]] const NetworkSpec& spec() const noexcept { return created_->spec; }
  [[nodiscard]] const std::vector<detail::Layer>& layers() const noexcept {
    return created_->layers;
  }
  [[nodiscard]] detail::Executor& executor() const noexcept { return *created_->executor; }
  [[nodiscard]] PlannedNetwork plan(const SampleShape& shape) const;

 private:
  std::shared_ptr<const detail::CreatedNetwork> created_;
  mutable std::mutex mutex_;
  mutable std::vector<PlannedNetwork> plans_;  // the one asked for last is the last
};

}  // namespace widelimit
