// Tiles into files and memory; files of an earlier run into this one.
#include "blocks.hpp"

#include "stores.hpp"

#include <widelimit/error.hpp>
#include <widelimit/experiment/files.hpp>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

namespace widelimit::experiment {
namespace {

namespace fs = std::filesystem;

/// Side of the squares in which a tile is transposed: two of them fit the first-level cache.
constexpr std::int64_t square = 32;

template <class T>
void copy_tile(const Tile& tile, Kernel kernel, Matrix& to) {
  const auto [row, col, rows, cols] = tile.area;
  const T* const from = tile.entries<T>(kernel);
  const std::int64_t ld = tile.ld;
  for (std::int64_t i = 0; i < rows; ++i) std::copy_n(from + i * ld, cols, &to(row + i, col));
  if (!tile.mirror) return;
  for (std::int64_t j0 = 0; j0 < cols; j0 += square)
    for (std::int64_t i0 = 0; i0 < rows; i0 += square)
      for (std::int64_t j = j0; j < std::min(j0 + square, cols); ++j)
        for (std::int64_t i = i0; i < std::min(i0 + square, rows); ++i)
          to(col + j, row + i) = from[i * ld + j];
}

/// Tiles go to files, to memory, or to both.
class BlockSink final : public KernelSink {
 public:
  BlockSink(KernelFiles* files, const PerKernel<Matrix*>& memory)
      : files_(files), memory_(memory) {}

  void put(const Tile& tile) override {
    if (files_) files_->put(tile);
    for (const Kernel kernel : all_kernels) {
      if (!memory_[kernel]) continue;
      if (tile.precision == Precision::float64)
        copy_tile<double>(tile, kernel, *memory_[kernel]);
      else
        copy_tile<float>(tile, kernel, *memory_[kernel]);
    }
  }

 private:
  KernelFiles* files_;         ///< takes the kernels that it has files for
  PerKernel<Matrix*> memory_;  ///< NULL: not held
};

std::string kernel_file(Block block, Kernel kernel) {
  return std::string("kernel/").append(name_of(block)).append(".").append(name_of(kernel)) + ".npy";
}

/// A link where the file system allows it (files are replaced, never changed, so sharing is safe),
/// else a copy.
void take_file(const fs::path& from, const fs::path& to) {
  std::error_code error;
  if (fs::equivalent(from, to, error)) return;
  fs::remove(to, error);
  fs::create_hard_link(from, to, error);
  if (error) fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
  if (error)
    throw Error(ErrorCode::io,
                to.string() + ": cannot be copied from " + from.string() + ": " + error.message());
}

/// Where the kernels of one block go.
struct Destination {
  const BlockPlan& plan;
  std::array<std::int64_t, 2> shape;
  RunDirectory& directory;
  HeldKernels& held;

  [[nodiscard]] Matrix& memory(Kernel kernel) const { return held.blocks[kernel][plan.block]; }
  void record(Kernel kernel, const std::string& file) const {
    directory.add(KernelFile{
        .block = plan.block, .kernel = kernel, .file = file, .rows = shape[0], .cols = shape[1]});
  }
};

/// Takes one kernel of an earlier run, whose file is known to be sound; false where it has none.
bool take_kernel(const EarlierRun& earlier, Kernel kernel, const Destination& to,
                 Control& control) {
  const Block block = to.plan.block;
  const auto found =
      std::find_if(earlier.kernels.begin(), earlier.kernels.end(),
                   [&](const KernelFile& k) { return k.block == block && k.kernel == kernel; });
  if (found == earlier.kernels.end()) return false;
  const fs::path file = earlier.directory / found->file;
  if (to.plan.hold[kernel]) to.memory(kernel) = read_kernel(file, kernel, to.shape, control);
  if (!to.plan.write[kernel]) return true;
  const bool as_store = is_store(file) && to.plan.store == StoreUse::kept;
  const std::string name = as_store ? store_file(block) : kernel_file(block, kernel);
  if (is_store(file) && !as_store)
    export_kernel(file, kernel, to.directory.prepare(name), control);
  else
    take_file(file, to.directory.prepare(name));
  to.record(kernel, name);
  return true;
}

void compute_through_store(const KernelInputs& inputs, const Destination& to, Control& control) {
  RunDirectory& directory = to.directory;
  fill_store(to.plan, inputs, directory, control);
  const std::string name = store_file(to.plan.block);
  const fs::path store = directory.path() / name;
  const bool kept = to.plan.store == StoreUse::kept;
  for (const Kernel kernel : all_kernels) {
    if (to.plan.hold[kernel]) to.memory(kernel) = read_kernel(store, kernel, to.shape, control);
    if (!to.plan.write[kernel]) continue;
    const std::string file = kept ? name : kernel_file(to.plan.block, kernel);
    if (!kept) export_kernel(store, kernel, directory.prepare(file), control);
    to.record(kernel, file);
  }
  if (!kept) directory.remove(name);
}

/// In one go, to files and memory, the kernels of `missing`.
void compute_directly(const KernelInputs& inputs, KernelSet missing, const Destination& to,
                      Control& control) {
  const Block block = to.plan.block;
  const KernelSet write = missing & to.plan.write, hold = missing & to.plan.hold;
  const auto [rows, cols] = to.shape;
  PerKernel<fs::path> names;
  PerKernel<Matrix*> memory;
  for (const Kernel kernel : all_kernels) {
    if (write[kernel]) names[kernel] = to.directory.prepare(kernel_file(block, kernel));
    if (hold[kernel]) memory[kernel] = &to.memory(kernel);
  }
  // Disk before memory: a disk that is too full is an error before any work.
  std::optional<KernelFiles> files;
  if (write.any()) files.emplace(names, rows, cols, inputs.precision);
  for (const Kernel kernel : all_kernels)
    if (hold[kernel]) *memory[kernel] = Matrix::uninitialized(rows, cols);
  BlockSink sink(files ? &*files : nullptr, memory);
  const Sides sides = sides_of(block, inputs.data);
  inputs.network.plan(sides.rows.shape())
      .kernels_to(sides.rows, sides.other(), inputs.precision, missing, sink, &control);
  if (files) files->commit();
  for (const Kernel kernel : all_kernels)
    if (write[kernel]) to.record(kernel, kernel_file(block, kernel));
}

}  // namespace

void make_block(const BlockPlan& plan, const KernelInputs& inputs,
                const std::optional<EarlierRun>& earlier, RunDirectory& directory,
                HeldKernels& held, Control& control) {
  const Destination to{plan, shape_of(plan.block, inputs.data), directory, held};
  KernelSet missing = plan.needed();
  // A store that is there may be damaged or unfinished: it says so itself.
  const bool begun = plan.store != StoreUse::none && directory.lists(store_file(plan.block));
  if (earlier && !begun)
    for (const Kernel kernel : all_kernels)
      if (missing[kernel] && take_kernel(*earlier, kernel, to, control)) missing[kernel] = false;
  if (!missing.any()) return;
  if (plan.store != StoreUse::none)
    compute_through_store(inputs, to, control);
  else
    compute_directly(inputs, missing, to, control);
}

}  // namespace widelimit::experiment
