// The tile stores of a run: taking over those that are there, filling and reading them.
// Thread safety: one thread at a time.
#pragma once

#include "directory.hpp"
#include "fingerprint.hpp"
#include "plan.hpp"

#include <widelimit/control.hpp>
#include <widelimit/matrix.hpp>
#include <widelimit/samples_view.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace widelimit::experiment {

/// The samples of a block.
struct Sides {
  const Samples& rows;
  /// NULL: the rows themselves.
  const Samples* cols;

  /// As the engine takes them.
  [[nodiscard]] std::optional<SamplesView> other() const {
    return cols ? std::optional<SamplesView>(*cols) : std::nullopt;
  }
};
[[nodiscard]] Sides sides_of(Block block, const TrainTest& data);

/// "kernel/train_train.store"
[[nodiscard]] std::string store_file(Block block);
[[nodiscard]] bool is_store(const std::filesystem::path& file);

/// Before anything in the directory is changed: stores that a resumed run continues become the
/// run's own, others are removed. Throws Error(usage) that says what changed where a store is of
/// another experiment, Error(io) where another process writes one.
void claim_stores(const RunPlan& plan, const KernelInputs& inputs,
                  const std::optional<EarlierRun>& existing, bool resume, RunDirectory& directory);

/// Computes the tiles that the block's store lacks, and warns of those that were damaged.
void fill_store(const BlockPlan& plan, const KernelInputs& inputs, RunDirectory& directory,
                Control& control);

/// One kernel of a store, or an .npy file, in float64. Throws Error(usage) where it is not of this
/// shape.
[[nodiscard]] Matrix read_kernel(const std::filesystem::path& file, Kernel kernel,
                                 std::array<std::int64_t, 2> shape, Control& control);
/// From a store to an .npy file.
void export_kernel(const std::filesystem::path& store, Kernel kernel,
                   const std::filesystem::path& to, Control& control);

}  // namespace widelimit::experiment
