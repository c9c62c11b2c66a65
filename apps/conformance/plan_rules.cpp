// The rules are those of the library (widelimit/examine/plan.hpp).
#include "plan_rules.hpp"

#include <widelimit/examine/plan.hpp>

#include <algorithm>

namespace widelimit::conformance {

std::string implausible(const LayerType& type, const std::vector<widelimit_shape>& inputs,
                        const Plan& p) {
  std::vector<const widelimit_shape*> pointers;
  for (const widelimit_shape& input : inputs) pointers.push_back(&input);
  widelimit_shape output = p.output;
  widelimit_linear linear = p.linear;
  widelimit_plan plan{};
  plan.struct_size = sizeof plan;
  plan.n_inputs = static_cast<std::uint32_t>(inputs.size());
  plan.inputs = pointers.data();
  plan.output = &output;
  plan.linear = &linear;
  plan.nature = p.nature;
  plan.n_site_terms = p.n_site_terms;
  plan.traits = p.traits;
  plan.scratch_bytes = p.scratch_bytes;
  plan.flops_per_entry = p.flops_per_entry;
  std::copy(p.max_window.begin(), p.max_window.end(), plan.max_window);
  return problem_of_plan(type.table.infinite == nullptr ? nullptr : &type.infinite, plan);
}

}  // namespace widelimit::conformance
