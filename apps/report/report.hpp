// Draws the report of a run from its directory: pictures (plots/*.svg, by gnuplot) and report.html,
// one file that contains everything it shows.
// Thread safety: one call per directory at a time.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace widelimit::report {

struct Outcome {
  std::vector<std::string> warnings;  ///< what could not be read or drawn, and why; "report: ..."
  std::vector<std::filesystem::path> files;  ///< written, relative to the run's directory
};

/// Draws plots/*.svg and report.html of a run's directory. Without gnuplot in PATH: a warning and a
/// report without pictures. A file of the run that is missing is left out, one that is broken is a
/// warning. Throws widelimit::Error: usage where run.json is missing or broken, io where a file
/// cannot be written.
Outcome draw(const std::filesystem::path& run_dir);

}  // namespace widelimit::report
