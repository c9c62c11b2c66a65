// Factors that stay, and what each inference needs while it is at work.
#include "inference_memory.hpp"

#include <widelimit/streamed.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <tuple>

namespace widelimit::experiment {
namespace {

/// A factor or an eigendecomposition that several inferences may share.
using FactorKey = std::tuple<Kernel, double, bool, std::string, std::string, bool>;

FactorKey factor_key(const PlannedInference& inference) {
  const InferenceOptions& options = inference.options;
  // A path decomposes the kernel without a ridge.
  const bool path = !options.diag_reg_path.empty();
  return {kernel_of(options.kernel),
          path ? 0 : options.diag_reg,
          !path && options.diag_reg_absolute_scale,
          inference.spec->solver.type,
          inference.spec->solver.params,
          needs_of(options).eigen};
}

}  // namespace

double inference_bytes(std::span<const PlannedInference> inferences, const DataShapes& shapes,
                       const Runtime& runtime) {
  const InferenceSize size{
      .train = shapes.train.count, .test = test_count(shapes), .outputs = shapes.train.outputs};
  std::set<FactorKey> factors;
  double kept = 0, temporary = 0;
  for (const PlannedInference& inference : inferences) {
    if (inference.streamed) {
      const InferenceCost cost = cost_of_streamed(size, runtime.solver(inference.spec->solver));
      temporary = std::max(temporary, cost.factor_bytes + cost.working_bytes);
      continue;
    }
    InferenceCost cost = cost_of_inference(inference.options, size);
    // A solver without the matrix form keeps half of the kernel, or only multiplies by it.
    if (const Solver solver = runtime.solver(inference.spec->solver); !solver.has_matrix())
      cost.factor_bytes = static_cast<double>(solver.factor_bytes(size.train));
    if (factors.insert(factor_key(inference)).second) kept += cost.factor_bytes;
    temporary = std::max(temporary, cost.working_bytes);
  }
  return kept + temporary;
}

}  // namespace widelimit::experiment
