// Planning, computing and reusing the blocks of kernels.
#include "blocks.hpp"

#include "stores.hpp"

#include <widelimit/error.hpp>
#include <widelimit/experiment/files.hpp>
#include <widelimit/streamed.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <system_error>
#include <utility>

namespace widelimit::experiment {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t index(Block block) { return static_cast<std::size_t>(block); }

/// From here on a training kernel in memory, twice, is 4 GiB.
constexpr std::int64_t many_samples = 16384;

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

std::string file_of(Block block, const std::string& kernel) {
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

/// What a block is made from and where it goes.
struct Making {
  const BlockPlan& plan;
  std::array<std::int64_t, 2> shape;
  RunDirectory& directory;
  HeldKernels& held;

  [[nodiscard]] bool wants(const char* kernel) const {
    return is_nngp(kernel) ? plan.write.nngp || plan.hold.nngp : plan.write.ntk || plan.hold.ntk;
  }
  [[nodiscard]] bool writes(const char* kernel) const {
    return is_nngp(kernel) ? plan.write.nngp : plan.write.ntk;
  }
  [[nodiscard]] bool holds(const char* kernel) const {
    return is_nngp(kernel) ? plan.hold.nngp : plan.hold.ntk;
  }
  [[nodiscard]] Matrix& memory(const char* kernel) const {
    return (is_nngp(kernel) ? held.nngp : held.ntk)[index(plan.block)];
  }
  void note(const char* kernel, const std::string& file) const {
    directory.written(KernelFile{.block = to_string(plan.block),
                                 .kernel = kernel,
                                 .file = file,
                                 .rows = shape[0],
                                 .cols = shape[1]});
  }

 private:
  static bool is_nngp(const std::string& kernel) { return kernel == "nngp"; }
};

/// Takes one kernel of an earlier run, whose file is known to be sound; false where it has none.
bool take_kernel(const EarlierRun& earlier, const char* kernel, const Making& making,
                 Control& control) {
  const Block block = making.plan.block;
  const auto found = std::find_if(
      earlier.kernels.begin(), earlier.kernels.end(),
      [&](const KernelFile& k) { return k.block == to_string(block) && k.kernel == kernel; });
  if (found == earlier.kernels.end()) return false;
  const fs::path file = earlier.directory / found->file;
  if (making.holds(kernel)) making.memory(kernel) = read_kernel(file, kernel, making.shape);
  if (!making.writes(kernel)) return true;
  const bool as_store = is_store(file) && making.plan.store == StoreUse::kept;
  const std::string name = as_store ? store_file(block) : file_of(block, kernel);
  if (is_store(file) && !as_store)
    export_kernel(file, kernel, making.directory.prepare(name), control);
  else
    take_file(file, making.directory.prepare(name));
  making.note(kernel, name);
  return true;
}

/// Through a store, which is filled first.
void make_through_store(const Making& making, const Setup& setup, const TrainTest& data,
                        Control& control) {
  RunDirectory& directory = making.directory;
  fill_store(making.plan, setup, data, directory, control);
  const std::string name = store_file(making.plan.block);
  const fs::path store = directory.path() / name;
  const bool kept = making.plan.store == StoreUse::kept;
  for (const char* kernel : kernel_names) {
    if (making.holds(kernel)) making.memory(kernel) = read_kernel(store, kernel, making.shape);
    if (!making.writes(kernel)) continue;
    if (!kept)
      export_kernel(store, kernel, directory.prepare(file_of(making.plan.block, kernel)), control);
    making.note(kernel, kept ? name : file_of(making.plan.block, kernel));
  }
  if (!kept) directory.remove(name);
}

/// In one go, to files and memory.
void make_at_once(const Making& making, Kernels todo, const Setup& setup, const TrainTest& data,
                  Control& control) {
  const Block block = making.plan.block;
  const Kernels write{todo.nngp && making.plan.write.nngp, todo.ntk && making.plan.write.ntk};
  const Kernels hold{todo.nngp && making.plan.hold.nngp, todo.ntk && making.plan.hold.ntk};
  const auto [rows, cols] = making.shape;
  const Precision precision = setup.experiment.precision;
  std::optional<KernelFiles> files;
  if (write.nngp || write.ntk)
    files.emplace(write.nngp ? making.directory.prepare(file_of(block, "nngp")) : fs::path(),
                  write.ntk ? making.directory.prepare(file_of(block, "ntk")) : fs::path(), rows,
                  cols, precision);
  Matrix &nngp = making.memory("nngp"), &ntk = making.memory("ntk");
  if (hold.nngp) nngp = Matrix::uninitialized(rows, cols);
  if (hold.ntk) ntk = Matrix::uninitialized(rows, cols);
  BlockSink sink(files ? &*files : nullptr, write, hold.nngp ? &nngp : nullptr,
                 hold.ntk ? &ntk : nullptr, precision);
  setup.network.kernels_to(block == Block::train_train ? data.train.x : data.test->x,
                           block == Block::test_train ? &data.train.x : nullptr, precision, todo,
                           sink, &control);
  if (files) files->commit();
  if (write.nngp) making.note("nngp", file_of(block, "nngp"));
  if (write.ntk) making.note("ntk", file_of(block, "ntk"));
}

}  // namespace

std::string to_string(Block block) {
  return block == Block::train_train  ? "train_train"
         : block == Block::test_train ? "test_train"
                                      : "test_test";
}

InferenceOptions options_of(const InferenceSpec& spec, KernelKind kernel, bool has_test) {
  InferenceOptions options;
  options.method = spec.method;
  options.kernel = kernel;
  options.times = spec.times;
  options.predictions = has_test && !spec.times_are_range;
  options.losses = spec.method != Method::gp_inference;
  options.learning_rate = spec.learning_rate;
  options.diag_reg = spec.diag_reg;
  options.diag_reg_path = spec.diag_reg_path;
  options.diag_reg_absolute_scale = spec.diag_reg_absolute_scale;
  options.leave_one_out = spec.leave_one_out;
  // One network has no covariance, nor has a Gaussian process without test samples. Losses read
  // variances alone: only predictions have a covariance to be full.
  const bool none = spec.method == Method::gradient_descent_mse ||
                    (spec.method == Method::gp_inference && !options.predictions);
  options.covariance = none ? Covariance::none
                       : options.predictions || spec.covariance == Covariance::none
                           ? spec.covariance
                           : Covariance::diagonal;
  return options;
}

bool streams(const Setup& setup, const InferenceSpec& spec, KernelKind kernel) {
  const KernelChoice& choice = setup.experiment.kernel;
  const bool on_disk = kernel == KernelKind::nngp ? choice.nngp : choice.ntk;
  const bool wanted = choice.store == StoreChoice::keep || setup.shapes.train.count >= many_samples;
  return on_disk && wanted && can_stream(options_of(spec, kernel, setup.shapes.test.has_value()));
}

KernelPlan plan_kernels(const Setup& setup, bool kernels_only) {
  const Experiment& experiment = setup.experiment;
  const bool has_test = setup.shapes.test.has_value();
  const Kernels compute{experiment.kernel.nngp, experiment.kernel.ntk};
  BlockPlan train_train{.block = Block::train_train, .write = compute};
  BlockPlan test_train{.block = Block::test_train, .write = compute};
  BlockPlan test_test{.block = Block::test_test};
  KernelPlan plan;
  if (kernels_only) {
    test_test.write = compute;
  } else {
    for (const InferenceSpec& spec : experiment.inference)
      for (const KernelKind kernel : spec.kernels) {
        const InferenceOptions options = options_of(spec, kernel, has_test);
        const InferenceNeeds needs = needs_of(options);
        plan.test_diagonal.nngp |= needs.nngp_test_diagonal;
        plan.test_diagonal.ntk |= needs.ntk_test_diagonal;
        if (streams(setup, spec, kernel)) continue;
        train_train.hold.nngp |= needs.nngp_train_train;
        train_train.hold.ntk |= needs.ntk_train_train;
        test_train.hold.nngp |= needs.nngp_test_train;
        test_train.hold.ntk |= needs.ntk_test_train;
        test_test.hold.nngp |= needs.nngp_test_test;
        test_test.hold.ntk |= needs.ntk_test_test;
      }
    if (test_test.hold.nngp || test_test.hold.ntk) test_test.write = compute;
  }
  plan.blocks.push_back(train_train);
  if (has_test) {
    plan.blocks.push_back(test_train);
    plan.blocks.push_back(test_test);
  } else {
    plan.test_diagonal = {false, false};
  }
  std::erase_if(plan.blocks, [](const BlockPlan& block) { return !block.any(); });
  choose_stores(plan, setup);
  return plan;
}

std::array<std::int64_t, 2> shape_of(Block block, std::int64_t n_train, std::int64_t n_test) {
  return {block == Block::train_train ? n_train : n_test,
          block == Block::test_test ? n_test : n_train};
}

void make_block(const BlockPlan& plan, const Setup& setup, const TrainTest& data,
                const std::optional<EarlierRun>& earlier, RunDirectory& directory,
                HeldKernels& held, Control& control) {
  const auto shape =
      shape_of(plan.block, data.train.x.count(), data.test ? data.test->x.count() : 0);
  const Making making{plan, shape, directory, held};
  Kernels todo{making.wants("nngp"), making.wants("ntk")};
  // A store that is there may be damaged or unfinished: it says so itself.
  const bool begun = plan.store != StoreUse::none && directory.lists(store_file(plan.block));
  if (earlier && !begun) {
    if (todo.nngp && take_kernel(*earlier, "nngp", making, control)) todo.nngp = false;
    if (todo.ntk && take_kernel(*earlier, "ntk", making, control)) todo.ntk = false;
  }
  if (!todo.nngp && !todo.ntk) return;
  if (plan.store != StoreUse::none)
    make_through_store(making, setup, data, control);
  else
    make_at_once(making, todo, setup, data, control);
}

}  // namespace widelimit::experiment
