// From an experiment file to what check and run begin with: plugins loaded, the configuration
// validated, the network planned for the shapes in the arrays' headers.
// Thread safety: values; one thread at a time.
#pragma once

#include <widelimit/control.hpp>
#include <widelimit/experiment/data.hpp>
#include <widelimit/experiment/experiment.hpp>
#include <widelimit/network.hpp>
#include <widelimit/runtime.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace widelimit::experiment {

struct LoadOptions {
  std::filesystem::path file;
  /// The arguments of --set.
  std::vector<std::string> overrides;
  /// `plugins` and `config_directory` come from the file.
  RuntimeOptions runtime;
};

struct LoadedExperiment {
  /// Knows where in the file each value is, for messages.
  ExperimentText text;
  Runtime runtime;
  Experiment experiment;
  Network network;
  DataShapes shapes;
  /// The network for samples of these shapes.
  PlannedNetwork planned;
  /// Of the process, before `planned` was made.
  double resident_bytes;
};

/// Throws Error(usage) with every problem of the step that failed, each with its file. If plugins
/// that the file names cannot be loaded, everything that does not depend on their types is checked
/// too.
[[nodiscard]] LoadedExperiment load_experiment(const LoadOptions& options);

/// load_data() of core; errors say which value of the experiment names the file.
[[nodiscard]] TrainTest read_data(const DataSpec& data, std::uint64_t seed,
                                  Control* control = nullptr);

}  // namespace widelimit::experiment
