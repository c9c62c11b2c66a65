// From an experiment file to what a run starts with: plugins loaded, configuration validated,
// network planned against the arrays' headers.
// Thread safety: values; one thread at a time.
#pragma once

#include <widelimit/experiment/data.hpp>
#include <widelimit/experiment/experiment.hpp>
#include <widelimit/network.hpp>
#include <widelimit/runtime.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace widelimit::experiment {

struct SetupOptions {
  std::filesystem::path file;
  std::vector<std::string> overrides;  ///< of --set
  RuntimeOptions runtime;              ///< `plugins` and `config_directory` come from the file
};

struct Setup {
  ExperimentText text;
  Runtime runtime;
  Experiment experiment;
  Network network;
  DataShapes shapes;
  std::vector<PlanRow> plan;

  [[nodiscard]] std::int64_t test_count() const { return shapes.test ? shapes.test->count : 0; }
};

/// Throws Error(usage) with every problem of the step that failed, each with its file. Of a file
/// that names plugins which cannot be had, everything else is checked that is not about their
/// types.
[[nodiscard]] Setup set_up(const SetupOptions& options);

/// load_data() of core, which knows files alone: errors say which value of the experiment names the
/// file.
[[nodiscard]] TrainTest read_data(const DataSpec& data, std::uint64_t seed);

/// `error` with file, line and column in every problem that says its pointer alone.
[[nodiscard]] Error placed(const Error& error, const ExperimentText& text);
/// `error` with `pointer` where it names no place of its own.
[[nodiscard]] Error at(const std::string& pointer, const Error& error);

}  // namespace widelimit::experiment
