// Choosing, claiming, filling and reading stores.
#include "stores.hpp"

#include "fingerprint.hpp"
#include "units.hpp"

#include <widelimit/error.hpp>
#include <widelimit/store.hpp>

#include <algorithm>
#include <system_error>
#include <utility>

namespace widelimit::experiment {
namespace {

namespace fs = std::filesystem;

constexpr double much_work = 1e12;             // floating-point operations
constexpr double much_disk = 8.0 * (1 << 30);  // bytes
constexpr std::size_t most_warnings = 8;       // of damaged tiles

StoreReader::Kernel kernel_of(const std::string& name) {
  return name == "nngp" ? StoreReader::Kernel::nngp : StoreReader::Kernel::ntk;
}

Kernels wanted(const BlockPlan& plan) {
  return {plan.write.nngp || plan.hold.nngp, plan.write.ntk || plan.hold.ntk};
}

struct Sides {
  const Samples& rows;
  const Samples* cols;  ///< NULL: the rows themselves
};
Sides sides_of(Block block, const TrainTest& data) {
  return {block == Block::train_train ? data.train.x : data.test->x,
          block == Block::test_train ? &data.train.x : nullptr};
}

StoreSpec spec_of(const BlockPlan& plan, const Setup& setup, const TrainTest& data) {
  const Sides sides = sides_of(plan.block, data);
  StoreSpec spec;
  spec.rows = sides.rows.count();
  spec.cols = sides.cols ? sides.cols->count() : spec.rows;
  spec.symmetric = sides.cols == nullptr;
  spec.precision = setup.experiment.precision;
  spec.kernels = wanted(plan);
  spec.origin = origin(setup.experiment, setup.runtime.catalogue(), sides.rows, spec.rows,
                       sides.cols, spec.cols);
  return spec;
}

StoreOptions options_of(Block block, const Setup& setup, const TrainTest& data) {
  StoreOptions options;
  options.origin_of_first = [block, &setup, &data](std::int64_t rows, std::int64_t cols) {
    const Sides sides = sides_of(block, data);
    return origin(setup.experiment, setup.runtime.catalogue(), sides.rows, rows, sides.cols, cols);
  };
  return options;
}

}  // namespace

void choose_stores(KernelPlan& plan, const Setup& setup) {
  const Experiment& experiment = setup.experiment;
  const std::int64_t n_test = setup.test_count();
  for (BlockPlan& block : plan.blocks) {
    if (experiment.kernel.store != StoreChoice::automatic) {
      block.store = experiment.kernel.store == StoreChoice::keep        ? StoreUse::kept
                    : experiment.kernel.store == StoreChoice::temporary ? StoreUse::passing
                                                                        : StoreUse::none;
      continue;
    }
    const auto shape = shape_of(block.block, setup.shapes.train.count, n_test);
    const double entries = static_cast<double>(shape[0]) * static_cast<double>(shape[1]);
    const DataShape& train = setup.shapes.train;
    const double an_entry = setup.network.flops_per_entry(train.sample) +
                            2 * static_cast<double>(train.sample.features());
    const double flops = an_entry * entries / (block.block == Block::test_train ? 1 : 2);
    const Kernels kernels = wanted(block);
    const double bytes = entries * static_cast<double>(bytes_of(experiment.precision)) *
                         (kernels.nngp && kernels.ntk ? 2 : 1);
    const bool written = block.write.nngp || block.write.ntk;
    block.store =
        written && (flops >= much_work || bytes >= much_disk) ? StoreUse::passing : StoreUse::none;
  }
}

std::string store_file(Block block) { return "kernel/" + to_string(block) + ".store"; }

bool is_store(const fs::path& file) { return file.extension() == ".store"; }

void claim_stores(const KernelPlan& plan, const Setup& setup, const TrainTest& data,
                  const std::optional<EarlierRun>& in_place, bool resume, RunDirectory& directory) {
  std::error_code ignored;
  if (resume)
    for (const BlockPlan& block : plan.blocks) {
      const std::string name = store_file(block.block);
      if (block.store == StoreUse::none || !fs::exists(directory.path() / name, ignored)) continue;
      KernelStore::require_resumable(directory.path() / name, spec_of(block, setup, data),
                                     options_of(block.block, setup, data));
      directory.written(name);
    }
  if (in_place)
    for (const std::string& name : in_place->files)
      if (is_store(name) && !directory.lists(name)) KernelStore::remove(directory.path() / name);
}

void fill_store(const BlockPlan& plan, const Setup& setup, const TrainTest& data,
                RunDirectory& directory, Control& control) {
  const std::string name = store_file(plan.block);
  const Sides sides = sides_of(plan.block, data);
  const StoreSpec spec = spec_of(plan, setup, data);
  directory.written(name);
  directory.write_record();
  KernelStore store(directory.prepare(name), spec, options_of(plan.block, setup, data), &control);
  const std::vector<std::string>& damage = store.damage();
  for (std::size_t i = 0; i < std::min(damage.size(), most_warnings); ++i)
    directory.warn(name + ": " + damage[i]);
  if (damage.size() > most_warnings)
    directory.warn(name + ": " +
                   count_text(static_cast<std::int64_t>(damage.size() - most_warnings)) +
                   " more; all of it is computed again");
  try {
    setup.network.kernels_to(sides.rows, sides.cols, spec.precision, spec.kernels, store, &control);
    store.commit();
  } catch (const Error&) {
    if (store.done() > 0)
      directory.record.kept.push_back(count_text(store.done()) + " of " +
                                      count_text(store.tiles()) + " tiles of " +
                                      to_string(plan.block) + " (--resume goes on with them)");
    throw;
  }
  if (store.done() != store.tiles())
    throw Error(ErrorCode::internal, name + " has " + count_text(store.tiles() - store.done()) +
                                         " tiles less than it should");
}

Matrix read_kernel(const fs::path& file, const std::string& kernel,
                   std::array<std::int64_t, 2> shape) {
  Matrix matrix;
  if (is_store(file)) {
    const StoreReader reader(file);
    const StoreSpec& spec = reader.spec();
    matrix = Matrix::uninitialized(spec.rows, spec.cols);
    reader.read(kernel_of(kernel), 0, 0, spec.rows, spec.cols, matrix.data(), spec.cols);
  } else {
    matrix = Matrix::read_npy(file);
  }
  if (matrix.rows() != shape[0] || matrix.cols() != shape[1])
    throw Error(ErrorCode::usage,
                file.string() + ": has the shape [" + std::to_string(matrix.rows()) + ", " +
                    std::to_string(matrix.cols()) + "], expected [" + std::to_string(shape[0]) +
                    ", " + std::to_string(shape[1]) + "]");
  return matrix;
}

void export_kernel(const fs::path& store, const std::string& kernel, const fs::path& to,
                   Control& control) {
  StoreReader(store).export_npy(kernel_of(kernel), to, &control);
}

}  // namespace widelimit::experiment
