// Factors that stay, and what each inference needs while it is at work.
#include "inference_memory.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <tuple>

namespace widelimit::experiment {
namespace {

constexpr double f64 = sizeof(double);

/// A factor or an eigendecomposition that several inferences may share.
using FactorKey = std::tuple<bool /* ntk */, double, bool, std::string, std::string, bool>;

FactorKey factor_key(const PlannedInference& inference, bool eigen) {
  const InferenceOptions& options = inference.options;
  // A path decomposes the kernel without a ridge.
  const bool path = !options.diag_reg_path.empty();
  return {options.kernel != KernelKind::nngp,
          path ? 0 : options.diag_reg,
          !path && options.diag_reg_absolute_scale,
          inference.spec->solver.type,
          inference.spec->solver.params,
          eigen};
}

/// Numbers that inference over finite times keeps of a block of times: decays and gains of all
/// eigenvalues with their tables, operands and results of its products, of test samples a part
/// where they are many. A block has at most 512 times, 32 where there are many samples.
double time_block(double n, double m, double times) {
  return (6 * n + std::min(m, std::max(n, 1024.0))) *
         std::min(times, std::clamp(std::floor((1 << 19) / n), 32.0, 512.0));
}

}  // namespace

double inference_bytes(std::span<const PlannedInference> inferences, const DataShapes& shapes) {
  const auto n = static_cast<double>(shapes.train.count),
             m = static_cast<double>(test_count(shapes)),
             outputs = static_cast<double>(shapes.train.outputs);
  std::set<FactorKey> factors;
  double kept = 0, temporary = 0;
  for (const PlannedInference& inference : inferences) {
    const InferenceOptions& options = inference.options;
    if (inference.streamed) {
      // The factor, a panel of the kernel and what it is multiplied by, twice.
      temporary =
          std::max(temporary, f64 * (n * (n + 1) / 2 + 4 * 128 * n + 3 * outputs * (n + m)));
      continue;
    }
    const bool eigen = needs_of(options).eigen;
    if (factors.insert(factor_key(inference, eigen)).second) kept += f64 * n * n;
    const double times = options.predictions || options.leave_one_out
                             ? static_cast<double>(inference.prediction_count())
                             : 0;
    const double cross = options.covariance != Covariance::none ? 3 : eigen ? 1 : 0;
    double work = f64 * (cross * n * m + (times + 2) * outputs * (n + m));
    if (options.leave_one_out) work += f64 * times * outputs * 2 * n;
    if (eigen) {
      temporary = std::max(temporary, f64 * 3 * n * n);  // while it is decomposed
      work += f64 * time_block(n, m, static_cast<double>(options.times.size()));
    }
    if (options.losses && inference.spec->covariance != Covariance::none) work += f64 * n * n;
    if (options.covariance == Covariance::full) work += 2 * f64 * (times + 1) * m * m;
    temporary = std::max(temporary, work);
  }
  return kept + temporary;
}

}  // namespace widelimit::experiment
