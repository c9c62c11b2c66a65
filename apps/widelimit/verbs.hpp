// The verbs of the program, one source file for each, and the options they share.
// Thread safety: the main thread.
#pragma once

#include <widelimit/runtime.hpp>

#include <CLI/CLI.hpp>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace widelimit::program {

/// Exit statuses.
inline constexpr int done = 0, failed = 1, usage = 2;

/// The whole command line, for run.json.
using Arguments = std::vector<std::string>;

/// Options of every verb that loads plugins.
struct PluginOptions {
  std::vector<std::string> directories;
  bool allow_files = false;

  void add_to(CLI::App& app);
  /// For verbs with an experiment, which may name files.
  void add_permission_to(CLI::App& app);
  [[nodiscard]] RuntimeOptions runtime() const;
};

/// A verb as main() knows it: its parser, and what to do when it was chosen. Gives the exit status;
/// throws Error.
struct Verb {
  CLI::App* app = nullptr;
  std::function<int()> run;
};

Verb add_run(CLI::App& app, const Arguments& arguments);
Verb add_kernel(CLI::App& app, const Arguments& arguments);
Verb add_check(CLI::App& app);
Verb add_plugins(CLI::App& app);
Verb add_describe(CLI::App& app);
Verb add_schema(CLI::App& app);
Verb add_verify(CLI::App& app);
Verb add_report(CLI::App& app);

/// What --version prints.
[[nodiscard]] std::string version_text();

}  // namespace widelimit::program
