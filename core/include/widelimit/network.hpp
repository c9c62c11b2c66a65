// A network of infinite width: created layers, to be planned for samples of a shape.
// Thread safety: const members may be called concurrently. A Network keeps its layers and their
// libraries alive.
#pragma once

#include <widelimit/control.hpp>
#include <widelimit/kernel.hpp>
#include <widelimit/matrix.hpp>
#include <widelimit/network_spec.hpp>
#include <widelimit/planned_network.hpp>
#include <widelimit/sample_shape.hpp>
#include <widelimit/samples_view.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace widelimit {

class WIDELIMIT_EXPORT Network {
 public:
  /// The plan for samples of this shape: everything that can be computed of the network, and what
  /// it costs. The network keeps the plans of the shapes it was last asked for. Throws Error(usage)
  /// with every layer that does not fit, and for a shape that no samples can have: more than 4 axes
  /// of sites, an axis without sites, more numbers than fit into memory.
  [[nodiscard]] PlannedNetwork plan(const SampleShape& shape) const;

  /// One kernel of samples, in float64: [n, n], exactly symmetric.
  [[nodiscard]] Matrix nngp(const SamplesView& x, Control* control = nullptr) const;
  [[nodiscard]] Matrix ntk(const SamplesView& x, Control* control = nullptr) const;
  /// Of two sets of samples: [n1, n2].
  [[nodiscard]] Matrix nngp(const SamplesView& x1, const SamplesView& x2,
                            Control* control = nullptr) const;
  [[nodiscard]] Matrix ntk(const SamplesView& x1, const SamplesView& x2,
                           Control* control = nullptr) const;
  /// Both, as PlannedNetwork::kernels.
  template <class T>
  [[nodiscard]] PerKernel<BasicMatrix<T>> kernels(const SamplesView& x1,
                                                  const std::optional<SamplesView>& x2 = {},
                                                  KernelSet which = both_kernels,
                                                  Control* control = nullptr) const {
    return plan(x1.shape()).template kernels<T>(x1, x2, which, control);
  }

  [[nodiscard]] const NetworkSpec& spec() const noexcept;

  /// Inside core.
  class State;
  explicit Network(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  [[nodiscard]] const State& state() const noexcept { return *state_; }

 private:
  std::shared_ptr<const State> state_;
};

}  // namespace widelimit
