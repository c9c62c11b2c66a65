// How long a run will take on this machine, from a small sample of its own work.
// Thread safety: one thread at a time.
#pragma once

#include "blocks.hpp"
#include "setup.hpp"

#include <filesystem>

namespace widelimit::experiment {

/// How much of a run its estimate may take: about a second, or a small part of a short run.
enum class Patience { enough, little };

/// Seconds of a whole run, which begins with this estimate. Each kind of its work is done on random
/// samples, as much of it as takes about a tenth of a second and no more than the run will do:
/// kernels of the very network in its precision and on its threads, inference on matrices of up to
/// about two thousand rows, steps of training, pages and files (nameless ones in `out`, or in the
/// nearest folder that is there). Two sizes of each tell what grows with the work from what does
/// not. Throws Error where the network overflows on these samples, or its parameters do not fit
/// into memory: the real ones may do better.
[[nodiscard]] double estimate_seconds(const Setup& setup, const KernelPlan& plan, bool kernels_only,
                                      const std::filesystem::path& out, Patience patience);

}  // namespace widelimit::experiment
