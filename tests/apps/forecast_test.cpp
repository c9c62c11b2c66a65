// What is refused for want of memory, and what is said then.
#include "support/experiments.hpp"

#include <common/numbers.hpp>
#include <experiment/forecast/forecast.hpp>
#include <experiment/forecast/limits.hpp>
#include <experiment/forecast/machine.hpp>
#include <experiment/load.hpp>

#include <widelimit/error.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

using namespace widelimit;
using namespace widelimit::experiment;
using namespace widelimit::test;

namespace {

LoadedExperiment small_experiment(const TemporaryDirectory& directory) {
  LoadOptions options;
  options.file = directory.file("exp.json", R"({"format": 1,
    "data": {"train": {"type": "make_regression", "n_samples": 9, "n_features": 2, "n_informative": 1}},
    "network": [{"type": "dense", "width": 8}, "relu", {"type": "dense", "width": 1}],
    "inference": [{"method": "gp_inference", "kernels": ["nngp"]}],
    "finite": {"steps": 5}})");
  options.runtime.plugin_path = {WIDELIMIT_TEST_PLUGINS};
  options.runtime.use_environment = options.runtime.use_install = false;
  return load_experiment(options);
}

/// Empty: it is not refused.
std::string refusal(const Forecast& forecast, const std::optional<std::int64_t>& limit,
                    const LoadedExperiment& loaded) {
  try {
    refuse_above(forecast, limit, loaded.network, loaded.shapes.train);
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::usage);
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("the machine must have what is not mapped, and --max-memory is about all") {
  const TemporaryDirectory directory;
  const LoadedExperiment loaded = small_experiment(directory);
  const double memory = machine_memory();
  if (!std::isfinite(memory)) return;

  const Forecast much_mapped{.memory_bytes = 1.5 * memory, .mapped_bytes = memory};
  CHECK(refusal(much_mapped, {}, loaded).empty());
  CHECK(!beyond_machine(much_mapped));
  CHECK(contains(refusal(much_mapped, std::llround(1.4 * memory), loaded),
                 "given with --max-memory"));

  const Forecast too_much{.memory_bytes = 1.5 * memory, .mapped_bytes = 0.2 * memory};
  CHECK(beyond_machine(too_much));
  const std::string text = refusal(too_much, {}, loaded);
  CHECK(contains(text, "for mapped files " + widelimit::apps::bytes_text(0.2 * memory)));
  CHECK(contains(text, "that this machine has"));
  // What it says to pass allows the run.
  const std::string option = "--max-memory ";
  const std::size_t at = text.find(option);
  REQUIRE(at != std::string::npos);
  const std::string size =
      text.substr(at + option.size(), text.find("iB", at) + 2 - at - option.size());
  CHECK(refusal(too_much, widelimit::apps::parse_bytes(size), loaded).empty());
}

TEST_CASE("finite networks are named where they take the most") {
  const TemporaryDirectory directory;
  const LoadedExperiment loaded = small_experiment(directory);
  const double memory = machine_memory();
  if (!std::isfinite(memory)) return;
  const Forecast finite{.memory_bytes = 2 * memory, .mapped_bytes = 0, .finite_bytes = 2 * memory};
  CHECK(contains(refusal(finite, {}, loaded), "for its finite networks"));
  const Forecast mapped_above{
      .memory_bytes = 3 * memory, .mapped_bytes = memory, .finite_bytes = 2 * memory};
  CHECK(contains(refusal(mapped_above, {}, loaded), "for its finite networks"));
  CHECK(contains(refusal(mapped_above, std::llround(2.5 * memory), loaded), "lower \"limit\""));
}
