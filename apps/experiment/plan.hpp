// What a run will do, decided before it begins: which blocks of the kernels are computed and where
// they go, and every inference on every kernel.
// Thread safety: values.
#pragma once

#include <widelimit/experiment/data.hpp>
#include <widelimit/experiment/experiment.hpp>
#include <widelimit/inference.hpp>
#include <widelimit/kernel.hpp>
#include <widelimit/network.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace widelimit::experiment {

/// Samples of the two sides of a block: [rows, cols] of its kernels.
[[nodiscard]] std::array<std::int64_t, 2> shape_of(Block block, const DataShapes& shapes);
[[nodiscard]] std::array<std::int64_t, 2> shape_of(Block block, const TrainTest& data);

/// 0 without a test set.
[[nodiscard]] std::int64_t test_count(const DataShapes& shapes) noexcept;

/// How a block uses a tile store.
enum class StoreUse {
  none,
  /// Until the block is whole: then .npy files replace the store.
  temporary,
  /// The store stays, in place of the .npy files.
  kept
};

struct BlockPlan {
  Block block = Block::train_train;
  /// To a file, in the precision of the run.
  KernelSet write = {};
  /// In memory, float64, for inference.
  KernelSet hold = {};
  StoreUse store = StoreUse::none;

  /// The kernels that are needed at all, written or held.
  [[nodiscard]] KernelSet needed() const noexcept { return write | hold; }
};

/// One entry of "inference" on one of its kernels.
struct PlannedInference {
  /// "METHOD.KERNEL", as in "gp_inference.ntk": the name of its files and metrics.
  std::string id;
  /// The entry, which belongs to the experiment.
  const InferenceSpec* spec = nullptr;
  /// Without predictions if there are no test samples.
  InferenceOptions options;
  /// Does it read its kernels from the disk, block by block, rather than hold them in memory?
  bool streamed = false;
};

/// Views an experiment, which must outlive it.
struct RunPlan {
  Precision precision = Precision::float64;
  /// The experiment's "compute".
  KernelSet compute;
  /// Without those that need nothing.
  std::vector<BlockPlan> blocks;
  /// The diagonal of test x test, where inference needs only variances.
  KernelSet test_diagonal;
  /// The kernels are all: no inference, no finite networks, no report.
  bool kernels_only = false;
  std::vector<PlannedInference> inferences;
  /// The ensemble of finite networks; NULL: none.
  const FiniteSpec* finite = nullptr;

  /// The inferences with a streamed kernel.
  [[nodiscard]] bool any_streamed() const noexcept;
};

/// `kernels_only`: every block of "compute" is written, nothing is held. Else train x train and
/// test x train are written, test x test only where a full covariance reads it, and what inference
/// reads beyond "compute" is held only. Inference streams its kernel where kernels stay in stores,
/// and from 16,384 training samples on, if it needs no more than one factor at infinite time.
///
/// A block goes through the store that the experiment's "store" asks for; where that is "auto",
/// through a temporary one if it takes 10^12 floating-point operations or 8 GiB and above: minutes
/// of work that a run need not do twice.
[[nodiscard]] RunPlan plan_run(const Experiment& experiment, const Network& network,
                               const DataShapes& shapes, bool kernels_only);

[[nodiscard]] std::string to_string(DrivingKernel kernel);
[[nodiscard]] std::string to_string(Method method);

}  // namespace widelimit::experiment
