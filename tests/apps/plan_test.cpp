// What a run will do, as it is decided before the run begins.
#include "support/experiments.hpp"

#include <experiment/load.hpp>
#include <experiment/plan.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace widelimit;
using namespace widelimit::experiment;
using namespace widelimit::test;

namespace {

/// 8 training samples and 2 test samples; `more` as text, ", \"key\": ...".
LoadedExperiment load(const TemporaryDirectory& directory, const std::string& more,
                      const std::string& split = R"(, "split": {"test_fraction": 0.2})") {
  LoadOptions options;
  options.file = directory.file("exp.json", R"({"format": 1,
    "data": {"train": {"type": "make_regression", "n_samples": 10, "n_features": 2, "n_informative": 1})" +
                                                split + R"(},
    "network": [{"type": "dense", "width": 8}, "relu", {"type": "dense", "width": 1}])" +
                                                more + "}");
  options.runtime.plugin_path = {WIDELIMIT_TEST_PLUGINS};
  options.runtime.use_environment = options.runtime.use_install = false;
  return load_experiment(options);
}

RunPlan plan_of(const LoadedExperiment& loaded, bool kernels_only = false) {
  return plan_run(loaded.experiment, loaded.network, loaded.shapes, kernels_only);
}

std::string kernels(const KernelSet& which) {
  return std::string(which.nngp ? "nngp" : "") + (which.ntk ? "ntk" : "");
}

/// "train_train writes nngpntk, holds nngp", one for each block.
std::vector<std::string> blocks(const RunPlan& plan) {
  std::vector<std::string> texts;
  for (const BlockPlan& block : plan.blocks)
    texts.push_back(std::string(name_of(block.block)) + " writes " + kernels(block.write) +
                    ", holds " + kernels(block.hold));
  return texts;
}

}  // namespace

TEST_CASE("inference decides which kernels are in memory, and test x test is computed if needed") {
  const TemporaryDirectory directory;
  const LoadedExperiment loaded = load(directory, R"(,
    "inference": [{"method": "gp_inference", "kernels": ["nngp"], "covariance": "diagonal"}])");
  const RunPlan plan = plan_of(loaded);
  CHECK(blocks(plan) == std::vector<std::string>{"train_train writes nngpntk, holds nngp",
                                                 "test_train writes nngpntk, holds nngp"});
  CHECK(plan.test_diagonal.nngp);
  CHECK_FALSE(plan.test_diagonal.ntk);
  CHECK_FALSE(plan.any_streamed());
  REQUIRE(plan.inferences.size() == 1);
  CHECK(plan.inferences[0].id == "gp_inference.nngp");
  CHECK(plan.inferences[0].options.predictions);
  CHECK(plan.finite == nullptr);

  const TemporaryDirectory other;
  const LoadedExperiment full = load(other, R"(, "kernel": {"compute": ["nngp"]},
    "inference": [{"method": "gp_inference", "kernels": ["nngp"], "covariance": "full"}])");
  CHECK(blocks(plan_of(full)) == std::vector<std::string>{"train_train writes nngp, holds nngp",
                                                          "test_train writes nngp, holds nngp",
                                                          "test_test writes nngp, holds nngp"});
}

TEST_CASE("kernels alone are written whole, and nothing follows them") {
  const TemporaryDirectory directory;
  const LoadedExperiment loaded = load(directory, R"(, "finite": {"steps": 5},
    "inference": [{"method": "gp_inference", "kernels": ["nngp", "ntk"]}])");
  CHECK(plan_of(loaded).finite != nullptr);
  const RunPlan plan = plan_of(loaded, true);
  CHECK(blocks(plan) == std::vector<std::string>{"train_train writes nngpntk, holds ",
                                                 "test_train writes nngpntk, holds ",
                                                 "test_test writes nngpntk, holds "});
  CHECK(plan.inferences.empty());
  CHECK(plan.finite == nullptr);
}

TEST_CASE("kernels that stay in stores are streamed where one factor is all that is needed") {
  const TemporaryDirectory directory;
  const LoadedExperiment loaded = load(directory, R"(, "kernel": {"store": "keep"},
    "inference": [{"method": "gp_inference", "kernels": ["nngp"]},
                  {"method": "gradient_descent_mse", "kernels": ["ntk"], "times": [1, 2]}])");
  const RunPlan plan = plan_of(loaded);
  REQUIRE(plan.inferences.size() == 2);
  CHECK(plan.inferences[0].streamed);
  CHECK_FALSE(plan.inferences[1].streamed);
  CHECK(plan.any_streamed());
  CHECK(prediction_count(plan.inferences[1].options) == 2);
  for (const BlockPlan& block : plan.blocks) {
    CHECK(block.store == StoreUse::kept);
    CHECK_FALSE(block.hold.nngp);
    CHECK(block.hold.ntk);
  }
}

TEST_CASE("without test samples there is one block and no prediction") {
  const TemporaryDirectory directory;
  const LoadedExperiment loaded = load(directory, R"(,
    "inference": [{"method": "gp_inference", "kernels": ["nngp"]}])",
                                       "");
  const RunPlan plan = plan_of(loaded);
  CHECK(blocks(plan) == std::vector<std::string>{"train_train writes nngpntk, holds nngp"});
  CHECK_FALSE(plan.test_diagonal.nngp);
  CHECK_FALSE(plan.inferences[0].options.predictions);
  CHECK(test_count(loaded.shapes) == 0);
}
