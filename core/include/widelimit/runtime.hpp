// A runtime: plugins found and loaded, threads, and the makers of networks and solvers. No global
// state: two of them live in one process. Thread safety: all members may be called concurrently.
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
