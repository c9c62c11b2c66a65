// Planning, computing and reusing the blocks of kernels.
#include "blocks.hpp"

#include <widelimit/error.hpp>
#include <widelimit/files.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

namespace widelimit::experiment {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t index(Block block) { return static_cast<std::size_t>(block); }

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

/// Takes one kernel of an earlier run; false where it does not have it.
bool take_kernel(const EarlierRun& earlier, Block block, const std::string& kernel,
                 std::array<std::int64_t, 2> shape, bool write, Matrix* hold,
                 RunDirectory& directory) {
  const auto found = std::find_if(
      earlier.kernels.begin(), earlier.kernels.end(),
      [&](const KernelFile& k) { return k.block == to_string(block) && k.kernel == kernel; });
  if (found == earlier.kernels.end()) return false;
  const fs::path file = earlier.directory / found->file;
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return false;
  if (hold) {
    Matrix matrix = Matrix::read_npy(file);
    if (matrix.rows() != shape[0] || matrix.cols() != shape[1])
      throw Error(ErrorCode::usage,
                  file.string() + ": has the shape [" + std::to_string(matrix.rows()) + ", " +
                      std::to_string(matrix.cols()) + "], expected [" + std::to_string(shape[0]) +
                      ", " + std::to_string(shape[1]) + "]");
    *hold = std::move(matrix);
  }
  if (write) take_file(file, directory.prepare(file_of(block, kernel)));
  return true;
}

void note(Block block, const std::string& kernel, std::array<std::int64_t, 2> shape,
          RunDirectory& directory) {
  directory.written(KernelFile{.block = to_string(block),
                               .kernel = kernel,
                               .file = file_of(block, kernel),
                               .rows = shape[0],
                               .cols = shape[1]});
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

KernelPlan plan_kernels(const Experiment& experiment, bool has_test, bool kernels_only) {
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
        train_train.hold.nngp |= needs.nngp_train_train;
        train_train.hold.ntk |= needs.ntk_train_train;
        test_train.hold.nngp |= needs.nngp_test_train;
        test_train.hold.ntk |= needs.ntk_test_train;
        Kernels& at = options.covariance == Covariance::full ? test_test.hold : plan.test_diagonal;
        at.nngp |= needs.nngp_test_test;
        at.ntk |= needs.ntk_test_test;
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
  return plan;
}

std::array<std::int64_t, 2> shape_of(Block block, std::int64_t n_train, std::int64_t n_test) {
  return {block == Block::train_train ? n_train : n_test,
          block == Block::test_test ? n_test : n_train};
}

void make_block(const BlockPlan& plan, const Network& network, const TrainTest& data,
                Precision precision, const std::optional<EarlierRun>& earlier,
                RunDirectory& directory, HeldKernels& held, Control& control) {
  const std::size_t at = index(plan.block);
  const auto shape =
      shape_of(plan.block, data.train.x.count(), data.test ? data.test->x.count() : 0);
  const Samples& rows = plan.block == Block::train_train ? data.train.x : data.test->x;
  const Samples* cols = plan.block == Block::test_train ? &data.train.x : nullptr;

  Kernels todo{plan.write.nngp || plan.hold.nngp, plan.write.ntk || plan.hold.ntk};
  const Kernels all = todo;
  if (earlier) {
    const auto take = [&](bool wanted, const char* kernel, bool write, bool hold, Matrix& to) {
      return wanted && take_kernel(*earlier, plan.block, kernel, shape, write, hold ? &to : nullptr,
                                   directory);
    };
    if (take(all.nngp, "nngp", plan.write.nngp, plan.hold.nngp, held.nngp[at])) todo.nngp = false;
    if (take(all.ntk, "ntk", plan.write.ntk, plan.hold.ntk, held.ntk[at])) todo.ntk = false;
  }
  if (todo.nngp || todo.ntk) {
    const Kernels write{todo.nngp && plan.write.nngp, todo.ntk && plan.write.ntk};
    const Kernels hold{todo.nngp && plan.hold.nngp, todo.ntk && plan.hold.ntk};
    std::optional<KernelFiles> files;
    if (write.nngp || write.ntk)
      files.emplace(write.nngp ? directory.prepare(file_of(plan.block, "nngp")) : fs::path(),
                    write.ntk ? directory.prepare(file_of(plan.block, "ntk")) : fs::path(),
                    shape[0], shape[1], precision);
    if (hold.nngp) held.nngp[at] = Matrix::uninitialized(shape[0], shape[1]);
    if (hold.ntk) held.ntk[at] = Matrix::uninitialized(shape[0], shape[1]);
    BlockSink sink(files ? &*files : nullptr, write, hold.nngp ? &held.nngp[at] : nullptr,
                   hold.ntk ? &held.ntk[at] : nullptr, precision);
    network.kernels_to(rows, cols, precision, todo, sink, &control);
    if (files) files->commit();
  }
  if (plan.write.nngp) note(plan.block, "nngp", shape, directory);
  if (plan.write.ntk) note(plan.block, "ntk", shape, directory);
}

}  // namespace widelimit::experiment
