// Options of the verbs that read an experiment file.
// Thread safety: the main thread.
#pragma once

#include "verbs.hpp"

#include "experiment/load.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace widelimit::program {

class Display;

struct ExperimentOptions {
  std::string file;
  std::vector<std::string> overrides;
  PluginOptions plugins;
  int threads = 0;
  std::string max_memory;

  void add_to(const Parser& parser);
  /// Plugins and core log to `display`, which must outlive the result.
  [[nodiscard]] experiment::LoadedExperiment load(Display& display) const;
  /// Bytes, where --max-memory was given. Throws Error(usage).
  [[nodiscard]] std::optional<std::int64_t> memory_limit() const;
};

}  // namespace widelimit::program
