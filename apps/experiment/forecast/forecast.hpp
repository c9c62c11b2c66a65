// What a run will take of memory and disk, known before it begins.
// Thread safety: pure functions; one thread at a time.
#pragma once

#include "common/process_limits.hpp"
#include "experiment/plan.hpp"

#include <widelimit/experiment/data.hpp>
#include <widelimit/network.hpp>
#include <widelimit/runtime.hpp>

namespace widelimit::experiment {

/// In bytes.
struct Forecast {
  /// Peak of the whole process.
  double memory_bytes = 0;
  /// Pages of mapped files in it, which the system takes back where memory is short.
  double mapped_bytes = 0;
  /// Of finite networks, where these take the most of what is not mapped; else 0.
  double finite_bytes = 0;
  /// Of all files the run leaves, pictures excepted.
  double disk_bytes = 0;
  /// What `ulimit -v` and `ulimit -d` limit: with all of OpenBLAS's buffers, and stacks.
  apps::AddressSpace address_space = {};
  /// What each thread but the first adds to that.
  apps::AddressSpace for_thread = {};

  /// The memory that a machine must have.
  [[nodiscard]] double unmapped_bytes() const noexcept { return memory_bytes - mapped_bytes; }
};

/// `resident`: the bytes of the process before the network was planned, because the costs of the
/// plan count its schedules.
[[nodiscard]] Forecast forecast(const RunPlan& plan, const Network& network,
                                const DataShapes& shapes, const Runtime& runtime, double resident);

}  // namespace widelimit::experiment
