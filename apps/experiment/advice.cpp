// What is checked against the data before a run, beyond its configuration.
#include "advice.hpp"

#include "common/numbers.hpp"

#include <widelimit/error.hpp>
#include <widelimit/finite.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace widelimit::experiment {
namespace {

double least_diag_reg(const InferenceSpec& spec) {
  return spec.options.diag_reg_path.empty() ? spec.options.diag_reg
                                            : *std::ranges::min_element(spec.options.diag_reg_path);
}

/// Grey or colour channels where images have their height.
std::optional<std::string> channels_first(const Experiment& experiment, const SampleShape& sample) {
  const auto are_channels = [](std::int64_t count) { return count == 1 || count == 3; };
  const std::vector<std::int64_t>& sites = sample.sites;
  if (!experiment.data || sites.size() != 2 || !are_channels(sites[0]) ||
      are_channels(sample.channels))
    return std::nullopt;
  const std::string n = std::to_string(sites[0]), h = std::to_string(sites[1]),
                    w = std::to_string(sample.channels);
  return experiment.data->train.place.pointer + ": the samples are taken for images of " + n +
         " x " + h + " with " + w + " channels; channels come last here: if these are images of " +
         h + " x " + w + " with " + n + (sites[0] == 1 ? " channel" : " channels") +
         ", save them as [sample, " + h + ", " + w + ", " + n + "] (NumPy: np.moveaxis(x, 1, -1))";
}

}  // namespace

std::vector<std::string> advice(const Experiment& experiment,
                                const std::vector<PlannedLayer>& layers, const DataShapes& shapes) {
  std::vector<std::string> all;
  if (std::optional<std::string> text = channels_first(experiment, shapes.train.sample))
    all.push_back(std::move(*text));
  if (!shapes.test)
    for (const InferenceSpec& spec : experiment.inference)
      all.push_back(spec.place.pointer + ": there is no test data, so \"" + spec.name +
                    "\" gives no predictions; add \"test\" or \"split\" to \"data\"");
  if (experiment.precision == Precision::float32)
    for (const InferenceSpec& spec : experiment.inference)
      if (least_diag_reg(spec) < 1e-6 && !spec.options.diag_reg_absolute_scale)
        all.push_back(spec.place.pointer +
                      ": kernels in float32 are exact to about 1e-6 of their "
                      "diagonal; a diag_reg of at least 1e-5 keeps \"" +
                      spec.name + "\" from fitting their rounding");
  if (!experiment.inference.empty() && !layers.empty() && !layers.back().gaussian)
    all.push_back(
        experiment.network.back().place.pointer + ": the network ends in \"" + layers.back().type +
        "\", after which its outputs are no Gaussian process: inference takes them for one "
        "with the same covariance, so predictions, nlpd and coverage_95 are not those of "
        "this network; end it with {\"type\": \"dense\", \"width\": " +
        std::to_string(shapes.train.outputs) + "}");
  for (const InferenceSpec& spec : experiment.inference)
    if (spec.options.method == Method::gp_inference && spec.options.learning_rate != 1)
      all.push_back(spec.place.pointer +
                    "/learning_rate: has no effect on gp_inference, which is training without end; "
                    "for finite times use gradient_descent_mse_ensemble");
  return all;
}

void check_finite(const FiniteSpec& spec, const Network& network, const DataShape& samples) {
  if (spec.options.batch_size.value_or(1) > samples.count)
    throw Error(ErrorCode::usage,
                "must be <= " + apps::count_text(samples.count) +
                    ", the number of training samples, got " +
                    apps::count_text(*spec.options.batch_size) + "; null takes all of them",
                spec.place.pointer + "/batch_size");
  const FiniteNetwork finite(network, samples.sample);
  if (finite.outputs() == samples.outputs) return;
  const NetworkSpec& layers = network.spec();
  throw Error(ErrorCode::usage,
              "the finite network has " + apps::count_text(finite.outputs(), "output", "outputs") +
                  ", the data " + apps::count_text(samples.outputs) +
                  "; give the last layer that width",
              layers.empty() ? "/network" : layers.back().place.pointer);
}

}  // namespace widelimit::experiment
