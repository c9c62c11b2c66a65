// The verbs of the program, one source file for each, and the options they share.
// Thread safety: the main thread.
#pragma once

#include "parser.hpp"

#include <widelimit/runtime.hpp>

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

  void add_to(const Parser& parser);
  /// For verbs with an experiment, which may name files.
  void add_permission_to(const Parser& parser);
  [[nodiscard]] RuntimeOptions runtime() const;
};

/// A verb as main() knows it: its parser, and what to do when it was chosen. Gives the exit status;
/// throws Error.
struct Verb {
  Parser parser;
  std::function<int()> run;
};

Verb add_run(const Parser& program, const Arguments& arguments);
Verb add_kernel(const Parser& program, const Arguments& arguments);
Verb add_check(const Parser& program);
Verb add_plugins(const Parser& program);
Verb add_describe(const Parser& program);
Verb add_schema(const Parser& program);
Verb add_verify(const Parser& program);
Verb add_report(const Parser& program);

/// What --version prints.
[[nodiscard]] std::string version_text();

}  // namespace widelimit::program
