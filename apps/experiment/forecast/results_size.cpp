// Tables by their lines, arrays by their numbers.
#include "results_size.hpp"

#include <widelimit/finite.hpp>

namespace widelimit::experiment {
namespace {

constexpr double f64 = sizeof(double);
/// Bytes of a line of a table of predictions, and of a line of a table of losses.
constexpr double prediction_line = 90, loss_line = 100;

double array_bytes(const PlannedInference& inference, const DataShapes& shapes) {
  const InferenceOptions& options = inference.options;
  const auto n = static_cast<double>(shapes.train.count),
             m = static_cast<double>(test_count(shapes)),
             outputs = static_cast<double>(shapes.train.outputs),
             times = static_cast<double>(prediction_count(inference.options));
  double bytes = 0;
  if (options.leave_one_out) bytes += times * n * outputs * f64;
  if (options.predictions) {
    bytes += times * m * outputs * f64;
    if (options.covariance != Covariance::none) bytes += times * m * f64;
    if (options.covariance == Covariance::full) bytes += times * m * m * f64;
  }
  return bytes;
}

double finite_bytes(const FiniteSpec& spec, const Network& network, const DataShapes& shapes) {
  const FiniteNetwork finite(network, shapes.train.sample);
  const auto records = static_cast<double>(loss_count(spec.options));
  const double numbers =
      static_cast<double>(finite.parameter_count()) +
      static_cast<double>(test_count(shapes)) * static_cast<double>(shapes.train.outputs);
  return static_cast<double>(spec.options.ensemble) * (numbers * f64 + records * loss_line / 2);
}

}  // namespace

double prediction_table_bytes(const PlannedInference& inference, const DataShapes& shapes) {
  if (!inference.options.predictions) return 0;
  return static_cast<double>(prediction_count(inference.options)) *
         static_cast<double>(test_count(shapes)) * static_cast<double>(shapes.train.outputs) *
         prediction_line;
}

double loss_table_bytes(const PlannedInference& inference) {
  if (!inference.options.losses) return 0;
  return static_cast<double>(prediction_count(inference.options)) * loss_line;
}

double results_bytes(const RunPlan& plan, const Network& network, const DataShapes& shapes) {
  double bytes = plan.finite ? finite_bytes(*plan.finite, network, shapes) : 0;
  for (const PlannedInference& inference : plan.inferences)
    bytes += array_bytes(inference, shapes) + prediction_table_bytes(inference, shapes) +
             loss_table_bytes(inference);
  return bytes;
}

}  // namespace widelimit::experiment
