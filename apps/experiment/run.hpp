// A run from beginning to end: data, kernels, inference, finite networks, files, record.
// Thread safety: one thread at a time; Control may be used from others.
#pragma once

#include "directory.hpp"
#include "load.hpp"

#include <widelimit/control.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace widelimit::experiment {

/// What drawing a report left.
struct Drawing {
  std::vector<std::string> warnings;
  /// Relative to the directory.
  std::vector<std::filesystem::path> files;
};

/// Functions may be empty.
struct RunOptions {
  /// As the user named it.
  std::filesystem::path experiment_file;
  /// The output directory; empty: ./STEM.out
  std::filesystem::path out;
  /// The command line, for the record.
  std::vector<std::string> command;
  /// Bytes; unset: what the machine has.
  std::optional<std::int64_t> max_memory;
  /// Take kernels that are in `out` and still fit.
  bool resume = false;
  /// `widelimit kernel`
  bool kernels_only = false;
  std::function<void(const std::string&)> on_warning;
  std::function<void(const std::string& phase)> on_begin;
  std::function<void(const std::string& phase, double seconds)> on_step;
  /// Draws the report of the finished directory.
  std::function<Drawing(const std::filesystem::path&)> draw;
};

/// Where a run of `file` goes without --out: STEM.out in the working directory.
[[nodiscard]] std::filesystem::path default_output(const std::filesystem::path& file);

struct Finished {
  std::filesystem::path directory;
  /// As it was written.
  Record record;
  apps::Json metrics;
};
/// Throws Error; once there is an output directory, its run.json says which results were kept. A
/// run with a problem of configuration or data never touches the output directory.
[[nodiscard]] Finished run(const LoadedExperiment& loaded, const RunOptions& options,
                           Control& control);

}  // namespace widelimit::experiment
