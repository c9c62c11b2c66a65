// Which tiles a store has, and which it lacks.
#include "stores.hpp"

#include "common/numbers.hpp"

#include <widelimit/error.hpp>
#include <widelimit/store.hpp>

#include <algorithm>
#include <system_error>
#include <utility>

namespace widelimit::experiment {
namespace {

namespace fs = std::filesystem;

/// Warnings about damaged tiles.
constexpr std::size_t most_warnings = 8;

StoreSpec store_spec(const BlockPlan& plan, const KernelInputs& inputs) {
  const Sides sides = sides_of(plan.block, inputs.data);
  StoreSpec spec;
  spec.rows = sides.rows.count();
  spec.cols = sides.cols ? sides.cols->count() : spec.rows;
  spec.symmetric = sides.cols == nullptr;
  spec.precision = inputs.precision;
  spec.kernels = plan.needed();
  spec.origin = block_origin(inputs, sides.rows, spec.rows, sides.cols, spec.cols);
  return spec;
}

StoreOptions store_options(Block block, const KernelInputs& inputs) {
  StoreOptions options;
  options.origin_of_first = [block, &inputs](std::int64_t rows, std::int64_t cols) {
    const Sides sides = sides_of(block, inputs.data);
    return block_origin(inputs, sides.rows, rows, sides.cols, cols);
  };
  return options;
}

}  // namespace

Sides sides_of(Block block, const TrainTest& data) {
  return {block == Block::train_train ? data.train.x : data.test->x,
          is_symmetric(block) ? nullptr : &data.train.x};
}

std::string store_file(Block block) {
  return std::string("kernel/").append(name_of(block)) + ".store";
}

bool is_store(const fs::path& file) { return file.extension() == ".store"; }

void claim_stores(const RunPlan& plan, const KernelInputs& inputs,
                  const std::optional<EarlierRun>& existing, bool resume, RunDirectory& directory) {
  std::error_code ignored;
  if (resume)
    for (const BlockPlan& block : plan.blocks) {
      const std::string name = store_file(block.block);
      if (block.store == StoreUse::none || !fs::exists(directory.path() / name, ignored)) continue;
      KernelStore::require_resumable(directory.path() / name, store_spec(block, inputs),
                                     store_options(block.block, inputs));
      directory.add(name);
    }
  if (existing)
    for (const std::string& name : existing->files)
      if (is_store(name) && !directory.lists(name)) KernelStore::remove(directory.path() / name);
}

void fill_store(const BlockPlan& plan, const KernelInputs& inputs, RunDirectory& directory,
                Control& control) {
  const std::string name = store_file(plan.block);
  const Sides sides = sides_of(plan.block, inputs.data);
  const StoreSpec spec = store_spec(plan, inputs);
  directory.add(name);
  directory.write_record();
  KernelStore store(directory.prepare(name), spec, store_options(plan.block, inputs), &control);
  const std::vector<std::string>& damage = store.damage();
  for (std::size_t i = 0; i < std::min(damage.size(), most_warnings); ++i)
    directory.warn(name + ": " + damage[i]);
  if (damage.size() > most_warnings)
    directory.warn(name + ": " +
                   apps::count_text(static_cast<std::int64_t>(damage.size() - most_warnings)) +
                   " more; all of it is computed again");
  try {
    inputs.network.plan(sides.rows.shape())
        .kernels_to(sides.rows, sides.other(), spec.precision, spec.kernels, store, &control);
    store.commit();
  } catch (const Error&) {
    if (store.done() > 0)
      directory.record.kept.push_back(
          (apps::count_text(store.done()) + " of " + apps::count_text(store.tiles()) + " tiles of ")
              .append(name_of(plan.block)) +
          " (--resume goes on with them)");
    throw;
  }
  if (store.done() != store.tiles())
    throw Error(ErrorCode::internal, name + " has " +
                                         apps::count_text(store.tiles() - store.done()) +
                                         " tiles less than it should");
}

Matrix read_kernel(const fs::path& file, Kernel kernel, std::array<std::int64_t, 2> shape,
                   Control& control) {
  Matrix matrix;
  if (is_store(file)) {
    const StoreReader reader(file);
    const StoreSpec& spec = reader.spec();
    matrix = Matrix::uninitialized(spec.rows, spec.cols);
    reader.read(kernel, 0, 0, spec.rows, spec.cols, matrix.data(), spec.cols, &control);
  } else {
    matrix = Matrix::read_npy(file, &control);
  }
  const std::array found{matrix.rows(), matrix.cols()};
  if (found != shape)
    throw Error(ErrorCode::usage, file.string() + ": has the shape " + apps::shape_text(found) +
                                      ", expected " + apps::shape_text(shape));
  return matrix;
}

void export_kernel(const fs::path& store, Kernel kernel, const fs::path& to, Control& control) {
  StoreReader(store).export_npy(kernel, to, &control);
}

}  // namespace widelimit::experiment
