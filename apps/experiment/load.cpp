// The steps before a run. Each needs the one before: the plugins decide which types the file may
// name.
#include "load.hpp"

#include "forecast/machine.hpp"

#include "error_places.hpp"

#include <algorithm>
#include <regex>
#include <utility>

namespace widelimit::experiment {
namespace {

/// Does a problem at `pointer` depend on the types of plugins? It is then about a layer or its
/// type, or about a solver or its type.
bool depends_on_types(const std::string& pointer) {
  static const std::regex layer("/network(/([0-9]+|layers|inputs))*(/type)?"),
      solver("/inference/[0-9]+/solver(/type)?");
  return std::regex_match(pointer, layer) || std::regex_match(pointer, solver);
}

/// The plugins that the file names. If some cannot be loaded, the Error holds all problems of the
/// file that can be found without them too.
Runtime load_plugins(const ExperimentText& text, const LoadOptions& options) {
  RuntimeOptions wanted = options.runtime;
  wanted.plugins = text.plugins();
  wanted.config_directory = options.file.parent_path();
  try {
    return Runtime(wanted);
  } catch (const Error& error) {
    const auto is_missing = [&](std::size_t index) {
      return std::any_of(error.problems().begin(), error.problems().end(), [&](const Problem& p) {
        return p.pointer == "/plugins/" + std::to_string(index);
      });
    };
    std::vector<Problem> problems = error.problems();
    if (!wanted.plugins) throw;
    std::vector<std::string> others;
    for (std::size_t i = 0; i < wanted.plugins->size(); ++i)
      if (!is_missing(i)) others.push_back((*wanted.plugins)[i]);
    if (others.size() == wanted.plugins->size()) throw;
    wanted.plugins = std::move(others);
    try {
      static_cast<void>(text.validate(Runtime(wanted).catalogue()));
    } catch (const Error& more) {
      for (const Problem& problem : more.problems())
        if (!depends_on_types(problem.pointer)) problems.push_back(problem);
    }
    throw Error(error.code(), std::move(problems));
  }
}

DataShapes inspect(const Experiment& experiment) try {
  return inspect_data(*experiment.data, experiment.preprocess, experiment.seed);
} catch (const Error& error) {
  throw with_data_value(error, *experiment.data);
}

}  // namespace

TrainTest read_data(const DataSpec& data, std::uint64_t seed, Control* control) try {
  return load_data(data, seed, control);
} catch (const Error& error) {
  throw with_data_value(error, data);
}

LoadedExperiment load_experiment(const LoadOptions& options) {
  ExperimentText text = ExperimentText::read(options.file, options.overrides);
  try {
    Runtime runtime = load_plugins(text, options);
    Experiment experiment = text.validate(runtime.catalogue());
    if (!experiment.data)
      throw Error(ErrorCode::usage, "the experiment has no \"data\", so there is nothing to run on",
                  "/data");
    Network network = runtime.network(experiment.network);
    DataShapes shapes = inspect(experiment);
    const double resident = resident_bytes();
    PlannedNetwork planned = network.plan(shapes.train.sample);
    static_cast<void>(planned.layers());  // what is wrong with the network is wrong with the file
    return {std::move(text),
            std::move(runtime),
            std::move(experiment),
            std::move(network),
            std::move(shapes),
            std::move(planned),
            resident};
  } catch (const Error& error) {
    throw with_file(error, text);
  }
}

}  // namespace widelimit::experiment
