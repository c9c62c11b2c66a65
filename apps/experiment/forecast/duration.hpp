// How long a run will take on this machine, from a small sample of its own work.
// Thread safety: one thread at a time.
#pragma once

#include "experiment/plan.hpp"

#include <widelimit/runtime.hpp>

#include <filesystem>

namespace widelimit::experiment {

/// How much of a run its estimate may take: about a second, or a small part of a short run.
enum class Patience { enough, little };

/// Seconds of a whole run, which begins with this estimate. Each kind of its work is timed on
/// random samples, for about a tenth of a second and on no more work than the run will do: kernels
/// of the network itself in its precision and on its threads, inference on matrices of up to about
/// two thousand rows, steps of training, memory, and files (temporary ones in `out`, or in its
/// nearest existing parent folder). Two sizes of each separate the time that grows with the work
/// from the time that does not. Throws Error where the network overflows on the random samples,
/// which the real ones need not do, or where its parameters do not fit into memory.
[[nodiscard]] double estimate_seconds(const RunPlan& plan, const Network& network,
                                      const DataShapes& shapes, const Runtime& runtime,
                                      const std::filesystem::path& out, Patience patience);

}  // namespace widelimit::experiment
