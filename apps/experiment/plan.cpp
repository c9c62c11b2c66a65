// Which blocks, which inferences, which stores.
#include "plan.hpp"

#include <widelimit/streamed.hpp>

#include <algorithm>
#include <utility>

namespace widelimit::experiment {
namespace {

/// From here on a training kernel in memory, twice, is 4 GiB.
constexpr std::int64_t many_samples = 16384;
/// Floating-point operations and bytes from which on a block goes through a store.
constexpr double much_work = 1e12, much_disk = 8.0 * (1 << 30);

std::array<std::int64_t, 2> block_shape(Block block, std::int64_t n_train, std::int64_t n_test) {
  return {block == Block::train_train ? n_train : n_test,
          block == Block::test_test ? n_test : n_train};
}

bool is_streamed(const InferenceOptions& options, const KernelChoice& choice,
                 std::int64_t n_train) {
  const bool on_disk = choice.compute[kernel_of(options.kernel)];
  const bool wanted = choice.store == StoreChoice::keep || n_train >= many_samples;
  return on_disk && wanted && can_stream(options);
}

std::vector<PlannedInference> plan_inferences(const Experiment& experiment,
                                              const DataShapes& shapes) {
  std::vector<PlannedInference> all;
  for (const InferenceSpec& spec : experiment.inference)
    for (const DrivingKernel kernel : spec.kernels) {
      PlannedInference one;
      one.id = spec.name + "." + to_string(kernel);
      one.spec = &spec;
      one.options = spec.options_on(kernel, shapes.test.has_value());
      one.streamed = is_streamed(one.options, experiment.kernel, shapes.train.count);
      all.push_back(std::move(one));
    }
  return all;
}

StoreUse store_for(const BlockPlan& plan, const Experiment& experiment, const Network& network,
                   const DataShapes& shapes) {
  switch (experiment.kernel.store) {
    case StoreChoice::keep:
      return StoreUse::kept;
    case StoreChoice::temporary:
      return StoreUse::temporary;
    case StoreChoice::none:
      return StoreUse::none;
    case StoreChoice::automatic:
      break;
  }
  if (!plan.write.any()) return StoreUse::none;
  const auto [rows, cols] = shape_of(plan.block, shapes);
  const double entries = static_cast<double>(rows) * static_cast<double>(cols);
  const DataShape& train = shapes.train;
  const double flops_per_entry = network.plan(train.sample).flops_per_entry() +
                                 2 * static_cast<double>(train.sample.features());
  const double flops = flops_per_entry * entries / (is_symmetric(plan.block) ? 2 : 1);
  const double bytes =
      entries * static_cast<double>(bytes_of(experiment.precision)) * plan.needed().count();
  return flops >= much_work || bytes >= much_disk ? StoreUse::temporary : StoreUse::none;
}

}  // namespace

std::string to_string(DrivingKernel kernel) {
  return kernel == DrivingKernel::nngp ? "nngp" : kernel == DrivingKernel::ntk ? "ntk" : "ntkgp";
}

std::string to_string(Method method) {
  return method == Method::gp_inference           ? "gp_inference"
         : method == Method::gradient_descent_mse ? "gradient_descent_mse"
                                                  : "gradient_descent_mse_ensemble";
}

std::array<std::int64_t, 2> shape_of(Block block, const DataShapes& shapes) {
  return block_shape(block, shapes.train.count, test_count(shapes));
}

std::array<std::int64_t, 2> shape_of(Block block, const TrainTest& data) {
  return block_shape(block, data.train.x.count(), data.test ? data.test->x.count() : 0);
}

std::int64_t test_count(const DataShapes& shapes) noexcept {
  return shapes.test ? shapes.test->count : 0;
}

bool RunPlan::any_streamed() const noexcept {
  return std::ranges::any_of(inferences, &PlannedInference::streamed);
}

RunPlan plan_run(const Experiment& experiment, const Network& network, const DataShapes& shapes,
                 bool kernels_only) {
  const KernelSet compute = experiment.kernel.compute;
  BlockPlan train_train{.block = Block::train_train, .write = compute};
  BlockPlan test_train{.block = Block::test_train, .write = compute};
  BlockPlan test_test{.block = Block::test_test};
  RunPlan plan;
  plan.precision = experiment.precision;
  plan.compute = compute;
  plan.kernels_only = kernels_only;
  if (kernels_only) {
    test_test.write = compute;
  } else {
    plan.inferences = plan_inferences(experiment, shapes);
    plan.finite = experiment.finite ? &*experiment.finite : nullptr;
    for (const PlannedInference& inference : plan.inferences) {
      const InferenceNeeds needs = needs_of(inference.options);
      plan.test_diagonal |= needs.test_diagonal;
      if (inference.streamed) continue;
      for (const Kernel kernel : all_kernels)
        for (BlockPlan* block : {&train_train, &test_train, &test_test})
          block->hold[kernel] |= needs.blocks[kernel][block->block];
    }
    if (test_test.hold.any()) test_test.write = compute;
  }
  plan.blocks.push_back(train_train);
  if (shapes.test) {
    plan.blocks.push_back(test_train);
    plan.blocks.push_back(test_test);
  } else {
    plan.test_diagonal = {};
  }
  std::erase_if(plan.blocks, [](const BlockPlan& block) { return !block.needed().any(); });
  for (BlockPlan& block : plan.blocks) block.store = store_for(block, experiment, network, shapes);
  return plan;
}

}  // namespace widelimit::experiment
