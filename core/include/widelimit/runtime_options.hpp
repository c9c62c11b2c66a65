// What a runtime is made with, and what its search for plugins found.
// Thread safety: values.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/control.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace widelimit {

enum class LogLevel { debug = 0, information = 1, warning = 2, error = 3 };

struct RuntimeOptions {
  std::vector<std::filesystem::path> plugin_path;  ///< directories searched first, in this order
  int threads = 0;                                 ///< 0: as many as the process may use
  bool use_environment = true;                     ///< WIDELIMIT_PLUGIN_PATH
  bool use_install = true;  ///< <libdir>/widelimit/plugins-0 beside this library
  bool unload =
      false;  ///< really unload libraries when the last object is gone (default: resident)
  bool allow_config_plugins =
      false;  ///< may a configuration name plugin FILES? That is running code
  std::optional<std::vector<std::string>>
      plugins;  ///< only these: bare names, or files if allowed; unset: all on the path
  std::filesystem::path config_directory;  ///< what relative files among `plugins` are relative to
  std::vector<const widelimit_plugin*> built_in;  ///< plugins added in code, before all others
  std::function<void(LogLevel, std::string_view component, std::string_view message)> log;
  /// What plugins are told when they ask whether the user wants to stop; may be empty.
  std::shared_ptr<const Control> control;
};

/// One step of the search, what `widelimit plugins --why` prints.
struct SearchStep {
  std::string where;  ///< directory, or file
  std::string
      outcome;  ///< "loaded com.widelimit.relu 0.1.0", "shadowed by ...", "not a plugin: ...", ...
  bool problem = false;
};

struct PluginInfo {
  std::string id, version, vendor, license, summary, build, file;
  std::vector<std::string> layers, solvers;
};

}  // namespace widelimit
