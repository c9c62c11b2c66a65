// The solvers of an experiment, each created once.
// Thread safety: one thread at a time.
#pragma once

#include <widelimit/experiment/experiment.hpp>
#include <widelimit/runtime.hpp>
#include <widelimit/solver.hpp>

#include <map>
#include <string>
#include <utility>

namespace widelimit::experiment {

/// One Solver object for each type with its parameters, so that a FactorisedKernel recognises it.
class Solvers {
 public:
  /// `runtime` must outlive this object.
  explicit Solvers(const Runtime& runtime) : runtime_(runtime) {}

  const Solver& get(const SolverSpec& spec) {
    const auto key = std::pair(spec.type, spec.params);
    const auto found = solvers_.find(key);
    return found != solvers_.end() ? found->second
                                   : solvers_.emplace(key, runtime_.solver(spec)).first->second;
  }

 private:
  const Runtime& runtime_;
  std::map<std::pair<std::string, std::string>, Solver> solvers_;
};

}  // namespace widelimit::experiment
