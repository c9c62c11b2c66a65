// The options of a runtime, and the results of its search for plugins.
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
  /// Directories to search first, in this order.
  std::vector<std::filesystem::path> plugin_path = {};
  /// 0: as many as the process may use.
  int threads = 0;
  /// Whether to search WIDELIMIT_PLUGIN_PATH.
  bool use_environment = true;
  /// Whether to search <libdir>/widelimit/plugins-0 beside this library.
  bool use_install = true;
  /// Unload a library when its last object is destroyed (default: keep it).
  bool unload = false;
  /// Whether a configuration may name plugin FILES, which means that it can run code.
  bool allow_config_plugins = false;
  /// Load only these names, or files if allowed; unset: all on the path.
  std::optional<std::vector<std::string>> plugins = std::nullopt;
  /// The base of relative files in `plugins`.
  std::filesystem::path config_directory = {};
  /// Receives what plugins log and what the search for them does; may be empty.
  std::function<void(LogLevel, std::string_view component, std::string_view message)> log = {};
  /// Tells plugins whether the user has asked to stop, beside the control of the call that they
  /// work for; may be empty.
  std::shared_ptr<const Control> control = {};
};

/// One step of the search, as `widelimit plugins --why` prints it.
struct SearchStep {
  /// A directory, a file, or "the program".
  std::string where = {};
  /// "loaded org.widelimit.relu 0.1.0", "... is shadowed by ...", "not a shared library", ...
  std::string outcome = {};
  bool problem = false;
};

/// What the descriptor of a loaded plugin says; `file` is empty for a plugin of the program.
struct PluginInfo {
  std::string id = {}, version = {}, vendor = {}, license = {}, summary = {}, build = {}, file = {};
  std::vector<std::string> layers = {}, solvers = {};
};

}  // namespace widelimit
