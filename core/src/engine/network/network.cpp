// Network: keeps a plan for each shape.
#include <widelimit/network.hpp>

#include "engine/network/network_state.hpp"
#include "engine/network/plan_state.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

namespace widelimit {

namespace {

// Training and test samples have the same shape, so a few plans suffice.
constexpr std::size_t most_plans = 4;

}  // namespace

Network::State::State(detail::CreatedNetwork created)
    : created_(std::make_shared<const detail::CreatedNetwork>(std::move(created))) {}

PlannedNetwork Network::State::plan(const SampleShape& shape) const {
  const std::lock_guard lock(mutex_);
  const auto match = std::find_if(plans_.begin(), plans_.end(),
                                  [&](const PlannedNetwork& p) { return p.shape() == shape; });
  if (match != plans_.end()) {
    std::rotate(match, match + 1, plans_.end());
  } else {
    PlannedNetwork plan(std::make_shared<const PlannedNetwork::State>(created_, shape));
    if (plans_.size() == most_plans) plans_.erase(plans_.begin());
    plans_.push_back(std::move(plan));
  }
  return plans_.back();
}

PlannedNetwork Network::plan(const SampleShape& shape) const { return state_->plan(shape); }

Matrix Network::nngp(const SamplesView& x, Control* control) const {
  return kernels<double>(x, {}, KernelSet::only(Kernel::nngp), control).nngp;
}
Matrix Network::ntk(const SamplesView& x, Control* control) const {
  return kernels<double>(x, {}, KernelSet::only(Kernel::ntk), control).ntk;
}
Matrix Network::nngp(const SamplesView& x1, const SamplesView& x2, Control* control) const {
  return kernels<double>(x1, x2, KernelSet::only(Kernel::nngp), control).nngp;
}
Matrix Network::ntk(const SamplesView& x1, const SamplesView& x2, Control* control) const {
  return kernels<double>(x1, x2, KernelSet::only(Kernel::ntk), control).ntk;
}

const NetworkSpec& Network::spec() const noexcept { return state_->spec(); }

}  // namespace widelimit
