// Computing the blocks of kernels, or taking them over from an earlier run.
// Thread safety: one thread at a time.
#pragma once

#include "directory.hpp"
#include "fingerprint.hpp"
#include "plan.hpp"

#include <widelimit/control.hpp>
#include <widelimit/kernel.hpp>
#include <widelimit/matrix.hpp>

#include <optional>
#include <vector>

namespace widelimit::experiment {

/// The kernels in memory, which inference reads.
struct HeldKernels {
  /// Empty where not planned.
  PerKernel<PerBlock<Matrix>> blocks;
  /// Of test x test, for variances alone.
  PerKernel<std::vector<double>> test_diagonal;
};

/// Computes one block, or takes what `earlier` or its store has of it; writes its files into the
/// directory and notes them in the record. Throws Error(io) where a file cannot be written, before
/// any work where the disk is too full.
void make_block(const BlockPlan& plan, const KernelInputs& inputs,
                const std::optional<EarlierRun>& earlier, RunDirectory& directory,
                HeldKernels& held, Control& control);

}  // namespace widelimit::experiment
