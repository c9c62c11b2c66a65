// A run from beginning to end: data, kernels, inference, finite networks, files, record.
// Thread safety: one thread at a time; Control may be used from others.
#pragma once

#include "directory.hpp"
#include "setup.hpp"

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
  std::vector<std::filesystem::path> files;  ///< relative to the directory
};

struct RunOptions {
  std::filesystem::path experiment_file;   ///< as the user named it
  std::filesystem::path out;               ///< empty: ./STEM.out
  std::vector<std::string> command;        ///< for the record
  std::optional<std::int64_t> max_memory;  ///< unset: what the machine has
  bool resume = false;                     ///< take kernels that are in `out` and still fit
  bool kernels_only = false;               ///< `widelimit kernel`
  std::function<void(const std::string&)> on_warning;             ///< may be empty
  std::function<void(const std::string& phase)> on_begin;         ///< may be empty
  std::function<void(const std::string& phase, double)> on_step;  ///< may be empty
  /// Draws from the finished directory; may be empty.
  std::function<Drawing(const std::filesystem::path&)> draw;
};

/// Where a run of `file` goes without --out: STEM.out in the working directory.
[[nodiscard]] std::filesystem::path default_output(const std::filesystem::path& file);

/// Runs, and gives the record as it was written, with the metrics. Throws Error; run.json then says
/// what was kept, if there is an output directory yet. `runs` with a problem of configuration or
/// data never touch the output directory.
struct Finished {
  std::filesystem::path directory;
  Record record;
  Json metrics;
};
[[nodiscard]] Finished run(const Setup& setup, const RunOptions& options, Control& control);

}  // namespace widelimit::experiment
