// The kernels of a run by blocks: which are computed, which are written, which are held in memory
// for inference, which an earlier run already has.
// Thread safety: one thread at a time.
#pragma once

#include "directory.hpp"
#include "setup.hpp"

#include <widelimit/experiment/data.hpp>
#include <widelimit/experiment/experiment.hpp>
#include <widelimit/inference.hpp>
#include <widelimit/network.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace widelimit::experiment {

enum class Block { train_train, test_train, test_test };
[[nodiscard]] std::string to_string(Block block);

/// Does a block go through a tile store?
enum class StoreUse {
  none,
  passing,  ///< until it is whole: then .npy files take its place
  kept      ///< it stays, in place of the .npy files
};

struct BlockPlan {
  Block block = Block::train_train;
  Kernels write{false, false};  ///< to a file, in the precision of the run
  Kernels hold{false, false};   ///< in memory, float64, for inference
  StoreUse store = StoreUse::none;
  [[nodiscard]] bool any() const noexcept {
    return write.nngp || write.ntk || hold.nngp || hold.ntk;
  }
};

struct KernelPlan {
  std::vector<BlockPlan> blocks;        ///< only those with something to do
  Kernels test_diagonal{false, false};  ///< of the test set, for variances alone
};

/// One inference of the experiment on one kernel, as core takes it. Without test samples
/// predictions are not asked for.
[[nodiscard]] InferenceOptions options_of(const InferenceSpec& spec, KernelKind kernel,
                                          bool has_test);

/// Does this inference read its kernel from the disk, block by block? Where kernels stay in stores,
/// and from 16,384 training samples on, if it needs no more than one factor at infinite time.
[[nodiscard]] bool streams(const Setup& setup, const InferenceSpec& spec, KernelKind kernel);

/// `kernels_only`: every block of "compute" is written, nothing is held. Else train x train and
/// test x train are written, test x test only where a full covariance reads it, and what inference
/// reads beyond "compute" is held only. Stores are chosen.
[[nodiscard]] KernelPlan plan_kernels(const Setup& setup, bool kernels_only);

/// Samples of the two sides of a block: [rows, cols] of its kernels.
[[nodiscard]] std::array<std::int64_t, 2> shape_of(Block block, std::int64_t n_train,
                                                   std::int64_t n_test);

/// What inference reads.
struct HeldKernels {
  std::array<Matrix, 3> nngp, ntk;  ///< by Block; empty where not planned
  std::vector<double> nngp_diagonal, ntk_diagonal;
};

/// Computes one block, or takes what `earlier` or its store has of it; writes its files into the
/// directory and notes them in the record. Throws Error(io) where a file cannot be written, before
/// any work where the disk is too full.
void make_block(const BlockPlan& plan, const Setup& setup, const TrainTest& data,
                const std::optional<EarlierRun>& earlier, RunDirectory& directory,
                HeldKernels& held, Control& control);

}  // namespace widelimit::experiment
