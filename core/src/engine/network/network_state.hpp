// The implementation of Network: its layers and its plans.
#pragma once

#include <widelimit/network.hpp>

#include "engine/plan/graph.hpp"
#include "execution/executor.hpp"

#include <memory>
#include <mutex>
#include <vector>

namespace widelimit {

namespace detail {

/// The layers of a network, shared with its plans, whose graphs point into them.
struct CreatedNetwork {
  NetworkSpec spec;
  std::vector<Layer> layers;  ///< they keep their libraries and the host alive
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
  mutable std::vector<PlannedNetwork> plans_;  // the most recently used plan is last
};

}  // namespace widelimit
