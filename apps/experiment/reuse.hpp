// Which kernels of an earlier run this one takes over: those of the same network and samples, in
// undamaged files.
// Thread safety: one thread at a time.
#pragma once

#include "directory.hpp"
#include "plan.hpp"

#include <widelimit/control.hpp>

#include <optional>
#include <string>
#include <vector>

namespace widelimit::experiment {

struct Reuse {
  /// With its sound kernels only; unset: nothing is taken.
  std::optional<EarlierRun> earlier;
  std::vector<std::string> warnings;
};

/// The kernels of kernel.from, or with `resume` those of `existing`, the run that is in the output
/// directory already. Their files are read once, in bounded memory (of kernel.from those that
/// `plan` needs): shape, precision and length must fit and every number must be finite. Throws
/// Error(usage) that says what has changed where the fingerprint is another one, and for a damaged
/// file of kernel.from; with `resume` a damaged file is a warning, and its kernel is computed
/// again.
[[nodiscard]] Reuse find_reusable(const Experiment& experiment, const RunPlan& plan,
                                  const TrainTest& data, const std::string& fingerprint,
                                  const std::optional<EarlierRun>& existing, bool resume,
                                  Control& control);

}  // namespace widelimit::experiment
