// Which kernels of an earlier run this one takes over: those of the same network and samples whose
// files are whole.
// Thread safety: one thread at a time.
#pragma once

#include "blocks.hpp"
#include "setup.hpp"

#include <widelimit/control.hpp>

#include <optional>
#include <string>
#include <vector>

namespace widelimit::experiment {

struct Reuse {
  std::optional<EarlierRun> earlier;  ///< with sound kernels alone; unset: nothing is taken
  std::vector<std::string> warnings;
};

/// The kernels of kernel.from, or with `resume` those of `in_place`, the run that is in the output
/// directory already. Files are read once for it, in bounded memory (of kernel.from those that
/// `plan` needs): shape, precision and length must fit and every number be finite. A fingerprint
/// that does not fit throws Error(usage) that says what has changed. A damaged file does for
/// kernel.from; with `resume` it is a warning, and the kernel is computed again.
[[nodiscard]] Reuse reusable(const Setup& setup, const KernelPlan& plan, bool resume,
                             const std::optional<EarlierRun>& in_place,
                             const std::string& fingerprint, const TrainTest& data,
                             Control& control);

}  // namespace widelimit::experiment
