// What a run will cost, known before it begins.
// Thread-safety: pure functions; one thread at a time.
#pragma once

#include "blocks.hpp"
#include "setup.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace widelimit::experiment {

struct Forecast {
  double memory_bytes = 0;  ///< peak of the whole process
  double disk_bytes = 0;    ///< of all files the run leaves, pictures aside
};
[[nodiscard]] Forecast forecast(const Setup& setup, const KernelPlan& plan, bool kernels_only);

/// Throws Error(usage) that says what takes the memory and what to change where the forecast is
/// above `limit` bytes.
void refuse_above(const Forecast& forecast, std::int64_t limit, const Setup& setup);

/// Seconds of a whole run on this machine: the network's kernels, a matrix product and a few steps
/// of training are timed on a few hundred random samples (well below a second), and the counts of
/// operations do the rest. Throws Error where the network overflows on these samples, or its
/// parameters do not fit into memory: the real ones may do better.
[[nodiscard]] double estimate_seconds(const Setup& setup, const KernelPlan& plan,
                                      bool kernels_only);

/// What is worth knowing before a run: entries without effect, arithmetic that may not suffice.
[[nodiscard]] std::vector<std::string> advice(const Setup& setup);

/// Which widths fit the targets: throws Error(usage) where the finite network has other outputs
/// than the data, or a layer lacks its width.
void check_finite(const Setup& setup);

}  // namespace widelimit::experiment
