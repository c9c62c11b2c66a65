// The steps before a run. Each needs the one before: the plugins decide what the file's types are.
#include "setup.hpp"

#include <algorithm>
#include <regex>
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

/// An error about a data file as one about the value that names the file.
Error of_data(const Error& error, const DataSpec& data) {
  const Problem& problem = error.problems().front();
  if (problem.file.empty()) return error;
  for (const DataSource* source : {&data.train, data.test ? &*data.test : nullptr}) {
    if (!source) continue;
    const bool idx = source->type == SourceType::idx, csv = source->type == SourceType::csv;
    for (const auto& [file, key] : {std::pair(&source->x, idx   ? "/images"
                                                          : csv ? "/path"
                                                                : "/x"),
                                    std::pair(&source->y, idx ? "/labels" : "/y"),
                                    std::pair(source->rows ? &*source->rows : nullptr, "/rows")}) {
      if (file == nullptr || file->empty() || file->string() != problem.file) continue;
      std::error_code ignored;
      const bool missing = !std::filesystem::exists(*file, ignored);
      return Error(
          error.code(),
          problem.text() + (missing ? "; paths are relative to the folder of the experiment" : ""),
          source->place.pointer + key, error.index());
    }
  }
  return error;
}

template <class F>
auto reading(const DataSpec& data, F&& step) {
  try {
    return std::forward<F>(step)();
  } catch (const Error& error) {
    throw of_data(error, data);
  }
}

/// Is this what the types of plugins decide: a layer or its type, a solver or its type?
bool is_about_types(const std::string& pointer) {
  static const std::regex layer("/network(/([0-9]+|layers|inputs))*(/type)?"),
      solver("/inference/[0-9]+/solver(/type)?");
  return std::regex_match(pointer, layer) || std::regex_match(pointer, solver);
}

/// The plugins that the file names; where some cannot be had, Error with all that can be said of
/// the file without them.
Runtime load_plugins(const ExperimentText& text, const SetupOptions& options) {
  RuntimeOptions asked = options.runtime;
  asked.plugins = text.plugins();
  asked.config_directory = options.file.parent_path();
  try {
    return Runtime(asked);
  } catch (const Error& error) {
    const auto is_missing = [&](std::size_t index) {
      return std::any_of(error.problems().begin(), error.problems().end(), [&](const Problem& p) {
        return p.pointer == "/plugins/" + std::to_string(index);
      });
    };
    std::vector<Problem> problems = error.problems();
    if (!asked.plugins) throw;
    std::vector<std::string> others;
    for (std::size_t i = 0; i < asked.plugins->size(); ++i)
      if (!is_missing(i)) others.push_back((*asked.plugins)[i]);
    if (others.size() == asked.plugins->size()) throw;
    asked.plugins = std::move(others);
    try {
      static_cast<void>(text.validate(Runtime(asked).catalogue()));
    } catch (const Error& more) {
      for (const Problem& problem : more.problems())
        if (!is_about_types(problem.pointer)) problems.push_back(problem);
    }
    throw Error(error.code(), std::move(problems));
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

TrainTest read_data(const DataSpec& data, std::uint64_t seed) {
  return reading(data, [&] { return load_data(data, seed); });
}

Setup set_up(const SetupOptions& options) {
  ExperimentText text = ExperimentText::read(options.file, options.overrides);
  Runtime runtime = placing(text, [&] { return load_plugins(text, options); });
  Experiment experiment = text.validate(runtime.catalogue());
  return placing(text, [&] {
    if (!experiment.data)
      throw Error(ErrorCode::usage, "the experiment has no \"data\", so there is nothing to run on",
                  "/data");
    Network network = runtime.network(experiment.network);
    DataShapes shapes = reading(
        *experiment.data, [&] { return inspect_data(*experiment.data, experiment.preprocess); });
    std::vector<PlanRow> plan = network.plan(shapes.train.sample);
    return Setup{std::move(text),    std::move(runtime), std::move(experiment),
                 std::move(network), std::move(shapes),  std::move(plan)};
  });
}

}  // namespace widelimit::experiment
