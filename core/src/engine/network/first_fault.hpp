// Finds the layer that spoils the kernel of two samples.
#pragma once

#include "engine/grid/sample_rows.hpp"
#include "engine/network/compiled.hpp"
#include "execution/executor.hpp"

#include <optional>

namespace widelimit::detail {

/// What is wrong in the output of a layer.
struct LayerFault {
  const Layer* layer = nullptr;
  bool negative = false;  ///< a variance; otherwise a number that is not finite
  double value = 0;
};

/// Runs up to two samples through the network again, with the numbers and the precision of the call
/// that failed. Returns the first layer whose output, at displacement 0, is not finite or gives a
/// negative variance; none: all are well.
template <class T>
[[nodiscard]] std::optional<LayerFault> first_fault(const Compiled& net, const SampleRows<T>& x,
                                                    bool with_ntk, Executor& executor);

}  // namespace widelimit::detail
