// Which blocks of a run go through tile stores, and what these hold.
// Thread safety: one thread at a time.
#pragma once

#include "blocks.hpp"
#include "directory.hpp"
#include "setup.hpp"

#include <widelimit/control.hpp>
#include <widelimit/experiment/data.hpp>
#include <widelimit/matrix.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace widelimit::experiment {

/// The experiment's "store" for every block; where that is "auto", `passing` for blocks of 10^12
/// floating-point operations or 8 GiB and above: minutes of work that a run need not do twice.
void choose_stores(KernelPlan& plan, const Setup& setup);

/// "kernel/train_train.store"
[[nodiscard]] std::string store_file(Block block);
[[nodiscard]] bool is_store(const std::filesystem::path& file);

/// Before anything in the directory is changed: stores that a resumed run goes on with become the
/// run's own, others are removed. Throws Error(usage) that says what changed where a store is of
/// another experiment, Error(io) where another process writes one.
void claim_stores(const KernelPlan& plan, const Setup& setup, const TrainTest& data,
                  const std::optional<EarlierRun>& in_place, bool resume, RunDirectory& directory);

/// Computes the tiles that the block's store lacks, and warns of those that were damaged.
void fill_store(const BlockPlan& plan, const Setup& setup, const TrainTest& data,
                RunDirectory& directory, Control& control);

/// One kernel ("nngp", "ntk") of a store or an .npy file, in float64. Throws Error(usage) where it
/// is not of this shape.
[[nodiscard]] Matrix read_kernel(const std::filesystem::path& file, const std::string& kernel,
                                 std::array<std::int64_t, 2> shape);
/// From a store to an .npy file.
void export_kernel(const std::filesystem::path& store, const std::string& kernel,
                   const std::filesystem::path& to, Control& control);

}  // namespace widelimit::experiment
