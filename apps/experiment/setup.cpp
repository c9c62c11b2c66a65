// The steps before a run. Each needs the one before: the plugins decide what the file's types are.
#include "setup.hpp"

#include <utility>

namespace widelimit::experiment {
namespace {

template <class F>
auto placing(const ExperimentText& text, F&& step) {
  try {
    return std::forward<F>(step)();
  } catch (const Error& error) {
    throw placed(error, text);
  }
}

}  // namespace

Error placed(const Error& error, const ExperimentText& text) {
  std::vector<Problem> problems = error.problems();
  bool changed = false;
  for (Problem& problem : problems) {
    if (!problem.file.empty() || problem.pointer.empty()) continue;
    problem = text.problem(problem.pointer, std::move(problem.message));
    changed = true;
  }
  return changed ? Error(error.code(), std::move(problems)) : error;
}

Error at(const std::string& pointer, const Error& error) {
  std::vector<Problem> problems = error.problems();
  if (!problems.front().pointer.empty() || !problems.front().file.empty()) return error;
  problems.front().pointer = pointer;
  return Error(error.code(), std::move(problems));
}

Setup set_up(const SetupOptions& options) {
  ExperimentText text = ExperimentText::read(options.file, options.overrides);
  Runtime runtime = placing(text, [&] {
    RuntimeOptions runtime_options = options.runtime;
    runtime_options.plugins = text.plugins();
    runtime_options.config_directory = options.file.parent_path();
    return Runtime(std::move(runtime_options));
  });
  Experiment experiment = text.validate(runtime.catalogue());
  return placing(text, [&] {
    if (!experiment.data)
      throw Error(ErrorCode::usage, "the experiment has no \"data\", so there is nothing to run on",
                  "/data");
    Network network = runtime.network(experiment.network);
    DataShapes shapes = inspect_data(*experiment.data, experiment.preprocess);
    std::vector<PlanRow> plan = network.plan(shapes.train.sites, shapes.train.channels);
    return Setup{std::move(text),    std::move(runtime), std::move(experiment),
                 std::move(network), std::move(shapes),  std::move(plan)};
  });
}

}  // namespace widelimit::experiment
