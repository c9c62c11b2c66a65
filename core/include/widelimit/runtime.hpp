// A runtime: plugins found and loaded, threads, and the makers of networks and solvers. No global
// state: two of them live in one process. Thread-safety: all members may be called concurrently.
#pragma once

#include <widelimit/catalogue.hpp>
#include <widelimit/control.hpp>
#include <widelimit/experiment.hpp>
#include <widelimit/network.hpp>
#include <widelimit/solver.hpp>

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

class WIDELIMIT_EXPORT Runtime {
 public:
  /// Throws Error(usage) where a plugin that was asked for by name cannot be had; files that merely
  /// lie on the path and are not plugins are reported in search() and skipped.
  explicit Runtime(RuntimeOptions options = {});
  ~Runtime();
  Runtime(Runtime&&) noexcept;
  Runtime& operator=(Runtime&&) noexcept;

  [[nodiscard]] const Catalogue& catalogue() const noexcept;
  [[nodiscard]] const std::vector<PluginInfo>& plugins() const noexcept;
  [[nodiscard]] const std::vector<SearchStep>& search() const noexcept;
  [[nodiscard]] int threads() const noexcept;

  /// From JSON text: `{"network": [...]}` or the list. Throws Error(usage) with all problems.
  [[nodiscard]] Network network(std::string_view json) const;
  [[nodiscard]] Network network(const NetworkSpec& spec) const;
  /// From JSON text: `{"type": "cholesky"}` or `"cholesky"`.
  [[nodiscard]] Solver solver(std::string_view json) const;
  [[nodiscard]] Solver solver(const SolverSpec& spec) const;

  /// Inside core.
  struct State;
  [[nodiscard]] const std::shared_ptr<State>& state() const noexcept { return state_; }

 private:
  std::shared_ptr<State> state_;
};

}  // namespace widelimit
