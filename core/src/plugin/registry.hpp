// The types that the loaded plugins offer. Creates layers and solvers of these types.
#pragma once

#include <widelimit/catalogue.hpp>
#include <widelimit/error.hpp>
#include <widelimit/network_spec.hpp>
#include <widelimit/runtime_options.hpp>
#include <widelimit/solver.hpp>

#include "boundary/host_state.hpp"
#include "boundary/layer.hpp"
#include "plugin/library.hpp"

#include <memory>
#include <vector>

namespace widelimit::detail {

/// Everything a runtime owns. Networks and solvers hold it, so it lives as long as they do.
class Registry {
 public:
  /// `libraries` are open.
  Registry(std::vector<std::shared_ptr<Library>> libraries, std::shared_ptr<HostState> host);

  [[nodiscard]] const Catalogue& catalogue() const noexcept { return catalogue_; }
  [[nodiscard]] const std::vector<PluginInfo>& plugins() const noexcept { return plugins_; }
  [[nodiscard]] const std::shared_ptr<Executor>& executor() const noexcept {
    return host_->executor;
  }
  [[nodiscard]] HostState& host() const noexcept { return *host_; }

  /// Creates every layer. Throws Error(usage) with every layer that its plugin refuses.
  [[nodiscard]] std::vector<Layer> create(const NetworkSpec& spec) const;
  [[nodiscard]] Solver solver(const SolverSpec& spec) const;

 private:
  struct Entry {
    std::shared_ptr<Library> library;
    std::size_t index;
  };
  [[nodiscard]] const Entry& entry(TypeKind kind, const std::string& type,
                                   const Place& place) const;
  void create_into(const NetworkSpec& spec, std::vector<Layer>& out,
                   std::vector<Problem>& problems) const;

  std::shared_ptr<HostState> host_;  // before the libraries: plugins use it until `close`
  std::vector<Entry> entries_;       // parallel to the catalogue's types
  Catalogue catalogue_;
  std::vector<PluginInfo> plugins_;
};

}  // namespace widelimit::detail
