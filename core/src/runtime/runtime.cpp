// The runtime: finds plugins, and creates networks and solvers.
#include <widelimit/runtime.hpp>

#include <widelimit/error.hpp>
#include <widelimit/experiment/experiment.hpp>

#include "engine/network/network_state.hpp"
#include "plugin/discovery.hpp"
#include "runtime/checked_spec.hpp"
#include "runtime/runtime_state.hpp"

#include <utility>

namespace widelimit {

Runtime::Runtime(RuntimeOptions options) {
  detail::LogFunction log;
  if (options.log)
    log = [listener = options.log](int level, std::string_view component,
                                   std::string_view message) {
      listener(static_cast<LogLevel>(level), component, message);
    };
  const auto host = std::make_shared<detail::HostState>(detail::make_executor(options.threads),
                                                        std::move(log), options.control);
  detail::Discovery found = detail::discover(options, host);
  auto registry = std::make_shared<detail::Registry>(found.libraries, host);
  state_ = std::make_shared<State>(State{host, std::move(found), std::move(registry)});
}

void Runtime::add(const widelimit_plugin* plugin) {
  detail::Discovery found = state_->found;
  detail::add_program_plugin(found, plugin, state_->host);
  auto registry = std::make_shared<detail::Registry>(found.libraries, state_->host);
  state_ = std::make_shared<State>(State{state_->host, std::move(found), std::move(registry)});
}

Runtime::~Runtime() = default;
Runtime::Runtime(Runtime&&) noexcept = default;
Runtime& Runtime::operator=(Runtime&&) noexcept = default;

const Catalogue& Runtime::catalogue() const noexcept { return state_->registry->catalogue(); }
const std::vector<PluginInfo>& Runtime::plugins() const noexcept {
  return state_->registry->plugins();
}
const std::vector<SearchStep>& Runtime::search() const noexcept { return state_->found.steps; }
int Runtime::threads() const noexcept { return state_->registry->executor()->threads(); }

Network Runtime::network(std::string_view json) const {
  return network(ExperimentText::parse(json).validate_network(catalogue()));
}

Network Runtime::network(const NetworkSpec& given) const {
  const detail::Registry& r = *state_->registry;
  const NetworkSpec spec = detail::checked(given, catalogue());
  return Network(std::make_shared<const Network::State>(
      detail::CreatedNetwork{spec, r.create(spec), r.executor()}));
}

Solver Runtime::solver(std::string_view json) const {
  return solver(ExperimentText::parse(json).validate_solver(catalogue()));
}

Solver Runtime::solver(const SolverSpec& spec) const {
  return state_->registry->solver(detail::checked(spec, catalogue()));
}

}  // namespace widelimit
