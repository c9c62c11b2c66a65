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

constexpr std::size_t index(Block block) { return static_cast<std::size_t>(block); }

constexpr std::array kernel_names{"nngp", "ntk"};

/// Side of the squares in which a tile is transposed: two of them fit the first-level cache.
constexpr std::int64_t square = 32;

template <class T>
void copy_tile(Matrix& to, std::int64_t row, std::int64_t col, std::int64_t rows, std::int64_t cols,
               const T* tile, std::int64_t ld, bool mirror) {
  for (std::int64_t i = 0; i < rows; ++i) std::copy_n(tile + i * ld, cols, &to(row + i, col));
  if (!mirror) return;
  for (std::int64_t j0 = 0; j0 < cols; j0 += square)
    for (std::int64_t i0 = 0; i0 < rows; i0 += square)
      for (std::int64_t j = j0; j < std::min(j0 + square, cols); ++j)
        for (std::int64_t i = i0; i < std::min(i0 + square, rows); ++i)
          to(col + j, row + i) = tile[i * ld + j];
}

/// Tiles go to files, to memory, or to both.
class BlockSink final : public KernelSink {
 public:
  BlockSink(KernelFiles* files, Kernels written, Matrix* nngp, Matrix* ntk, Precision precision)
      : files_(files), written_(written), nngp_(nngp), ntk_(ntk), precision_(precision) {}

  void put(std::int64_t row, std::int64_t col, std::int64_t rows, std::int64_t cols,
           const void* nngp, const void* ntk, std::int64_t ld, bool mirror) override {
    if (files_)
      files_->put(row, col, rows, cols, written_.nngp ? nngp : nullptr,
                  written_.ntk ? ntk : nullptr, ld, mirror);
    const auto hold = [&](Matrix* to, const void* tile) {
      if (!to) return;
      if (precision_ == Precision::float64)
        copy_tile(*to, row, col, rows, cols, static_cast<const double*>(tile), ld, mirror);
      else
        copy_tile(*to, row, col, rows, cols, static_cast<const float*>(tile), ld, mirror);
    };
    hold(nngp_, nngp);
    hold(ntk_, ntk);
  }

 private:
  KernelFiles* files_;
  Kernels written_;
  Matrix *nngp_, *ntk_;
  Precision precision_;
};

std::string kernel_file(Block block, const std::string& kernel) {
  return "kernel/" + to_string(block) + "." + kernel + ".npy";
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

  [[nodiscard]] bool writes(const char* kernel) const {
    return is_nngp(kernel) ? plan.write.nngp : plan.write.ntk;
  }
  [[nodiscard]] bool holds(const char* kernel) const {
    return is_nngp(kernel) ? plan.hold.nngp : plan.hold.ntk;
  }
  [[nodiscard]] Matrix& memory(const char* kernel) const {
    return (is_nngp(kernel) ? held.nngp : held.ntk)[index(plan.block)];
  }
  void record(const char* kernel, const std::string& file) const {
    directory.add(KernelFile{.block = to_string(plan.block),
                             .kernel = kernel,
                             .file = file,
                             .rows = shape[0],
                             .cols = shape[1]});
  }

 private:
  static bool is_nngp(const std::string& kernel) { return kernel == "nngp"; }
};

/// Takes one kernel of an earlier run, whose file is known to be sound; false where it has none.
bool take_kernel(const EarlierRun& earlier, const char* kernel, const Destination& to,
                 Control& control) {
  const Block block = to.plan.block;
  const auto found = std::find_if(
      earlier.kernels.begin(), earlier.kernels.end(),
      [&](const KernelFile& k) { return k.block == to_string(block) && k.kernel == kernel; });
  if (found == earlier.kernels.end()) return false;
  const fs::path file = earlier.directory / found->file;
  if (to.holds(kernel)) to.memory(kernel) = read_kernel(file, kernel, to.shape);
  if (!to.writes(kernel)) return true;
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
  for (const char* kernel : kernel_names) {
    if (to.holds(kernel)) to.memory(kernel) = read_kernel(store, kernel, to.shape);
    if (!to.writes(kernel)) continue;
    const std::string file = kept ? name : kernel_file(to.plan.block, kernel);
    if (!kept) export_kernel(store, kernel, directory.prepare(file), control);
    to.record(kernel, file);
  }
  if (!kept) directory.remove(name);
}

/// In one go, to files and memory, the kernels of `missing`.
void compute_directly(const KernelInputs& inputs, Kernels missing, const Destination& to,
                      Control& control) {
  const Block block = to.plan.block;
  const Kernels write{missing.nngp && to.plan.write.nngp, missing.ntk && to.plan.write.ntk};
  const Kernels hold{missing.nngp && to.plan.hold.nngp, missing.ntk && to.plan.hold.ntk};
  const auto [rows, cols] = to.shape;
  std::optional<KernelFiles> files;
  if (write.nngp || write.ntk)
    files.emplace(write.nngp ? to.directory.prepare(kernel_file(block, "nngp")) : fs::path(),
                  write.ntk ? to.directory.prepare(kernel_file(block, "ntk")) : fs::path(), rows,
                  cols, inputs.precision);
  Matrix &nngp = to.memory("nngp"), &ntk = to.memory("ntk");
  if (hold.nngp) nngp = Matrix::uninitialized(rows, cols);
  if (hold.ntk) ntk = Matrix::uninitialized(rows, cols);
  BlockSink sink(files ? &*files : nullptr, write, hold.nngp ? &nngp : nullptr,
                 hold.ntk ? &ntk : nullptr, inputs.precision);
  const Sides sides = sides_of(block, inputs.data);
  inputs.network.kernels_to(sides.rows, sides.cols, inputs.precision, missing, sink, &control);
  if (files) files->commit();
  if (write.nngp) to.record("nngp", kernel_file(block, "nngp"));
  if (write.ntk) to.record("ntk", kernel_file(block, "ntk"));
}

}  // namespace

void make_block(const BlockPlan& plan, const KernelInputs& inputs,
                const std::optional<EarlierRun>& earlier, RunDirectory& directory,
                HeldKernels& held, Control& control) {
  const Destination to{plan, shape_of(plan.block, inputs.data), directory, held};
  Kernels missing = plan.needed();
  // A store that is there may be damaged or unfinished: it says so itself.
  const bool begun = plan.store != StoreUse::none && directory.lists(store_file(plan.block));
  if (earlier && !begun) {
    if (missing.nngp && take_kernel(*earlier, "nngp", to, control)) missing.nngp = false;
    if (missing.ntk && take_kernel(*earlier, "ntk", to, control)) missing.ntk = false;
  }
  if (!missing.nngp && !missing.ntk) return;
  if (plan.store != StoreUse::none)
    compute_through_store(inputs, to, control);
  else
    compute_directly(inputs, missing, to, control);
}

}  // namespace widelimit::experiment
