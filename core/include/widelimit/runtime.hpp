// A runtime finds and loads plugins, owns the threads, and creates networks and solvers. It has no
// global state, so a process may have several.
// Thread safety: const members may be called concurrently.
#pragma once

#include <widelimit/catalogue.hpp>
#include <widelimit/control.hpp>
#include <widelimit/network.hpp>
#include <widelimit/network_spec.hpp>
#include <widelimit/runtime_options.hpp>
#include <widelimit/solver.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace widelimit {

class WIDELIMIT_EXPORT Runtime {
 public:
  /// Throws Error(usage) if a plugin that was requested by name cannot be loaded. Other files on
  /// the path that are not plugins are skipped, and search() reports them.
  explicit Runtime(RuntimeOptions options = {});
  ~Runtime();
  Runtime(Runtime&&) noexcept;
  Runtime& operator=(Runtime&&) noexcept;

  /// Adds a plugin that is part of the program: one linked statically, whose
  /// WIDELIMIT_STATIC_PLUGIN function returns its descriptor, or tables written in the program. The
  /// descriptor must outlive the runtime and everything it created.
  ///
  /// A plugin added here wins over a file with the same plugin id: the file's types are no longer
  /// offered, and search() says so. Networks and solvers that exist already keep what they use, but
  /// references that catalogue(), plugins() and search() returned before become invalid.
  /// Plugins with different ids may offer types of the same name; such a type needs its qualified
  /// name ("plugin.id/name").
  ///
  /// Throws Error(usage) if the descriptor is NULL (the plugin cannot run on this processor) or
  /// incomplete, if a schema is invalid, or if a plugin with this id was added before. The runtime
  /// is then unchanged.
  void add(const widelimit_plugin* plugin);

  [[nodiscard]] const Catalogue& catalogue() const noexcept;
  [[nodiscard]] const std::vector<PluginInfo>& plugins() const noexcept;
  [[nodiscard]] const std::vector<SearchStep>& search() const noexcept;
  [[nodiscard]] int threads() const noexcept;

  /// From JSON text: `{"network": [...]}` or the list. Throws Error(usage) with all problems.
  [[nodiscard]] Network network(std::string_view json) const;
  /// Parameters are validated as those of a file are; empty ones mean the defaults. Throws
  /// Error(usage) with all problems.
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
