// Options of run, kernel and check.
#include "experiment_options.hpp"

#include "common/numbers.hpp"
#include "display.hpp"

#include <widelimit/error.hpp>

namespace widelimit::program {

void ExperimentOptions::add_to(const Parser& parser) {
  parser.required_option("experiment", file, "Experiment file (JSON)", "EXP.json");
  parser.repeatable_option(
      "--set", overrides,
      "Change one value of the experiment: a JSON pointer, \"=\", and the value as JSON or, if it "
      "is not JSON, as text (repeatable)",
      "/pointer=VALUE");
  parser.option("--threads", threads, 1, 4096,
                "Threads to use; by default as many as the process may use", "N");
  parser.option("--max-memory", max_memory,
                "Refuse a run that needs more memory than this, such as 8GiB, with its mapped "
                "files; by default, without them, more than the machine has",
                "SIZE");
  plugins.add_to(parser);
  plugins.add_permission_to(parser);
}

experiment::LoadedExperiment ExperimentOptions::load(Display& display) const {
  experiment::LoadOptions options;
  options.file = file;
  options.overrides = overrides;
  options.runtime = plugins.runtime();
  options.runtime.threads = threads;
  options.runtime.log = [&display](LogLevel level, std::string_view component,
                                   std::string_view message) {
    if (level >= LogLevel::warning)
      display.warning(std::string(component) + ": " + std::string(message));
  };
  return experiment::load_experiment(options);
}

std::optional<std::int64_t> ExperimentOptions::memory_limit() const {
  if (max_memory.empty()) return std::nullopt;
  try {
    return apps::parse_bytes(max_memory);
  } catch (const Error& error) {
    throw Error(ErrorCode::usage, std::string("--max-memory: ") + error.what());
  }
}

}  // namespace widelimit::program
