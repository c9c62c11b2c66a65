// Predicted against true classes.
#include "figures.hpp"

#include "heat_map.hpp"
#include "text.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace widelimit::report {
namespace {

constexpr std::size_t most_classes = 30, most_numbers = 10;

std::size_t greatest(const Predictions& predictions, std::size_t sample,
                     std::vector<double> Prediction::*member) {
  std::size_t best = 0;
  for (std::size_t k = 1; k < predictions.outputs.size(); ++k) {
    if ((predictions.outputs[k].*member)[sample] > (predictions.outputs[best].*member)[sample])
      best = k;
  }
  return best;
}

}  // namespace

bool is_classification(const Run& run, const Inference& inference, const Predictions& predictions) {
  const Json metrics = run.metrics[inference.id];
  const std::vector<Json> times = metrics.elements();
  const Json last = times.empty() ? metrics : times.back();
  const std::size_t classes = predictions.outputs.size();
  const auto is_as_long = [&](const Prediction& one) {
    return one.mean.size() == predictions.outputs.front().mean.size() && one.has_truth();
  };
  return last["accuracy"].is_number() && classes > 1 && classes <= most_classes &&
         std::all_of(predictions.outputs.begin(), predictions.outputs.end(), is_as_long);
}

Figure class_figure(const Inference& inference, const Predictions& predictions) {
  const std::size_t classes = predictions.outputs.size();
  const std::size_t samples = predictions.outputs.front().mean.size();
  std::vector<std::vector<double>> counts(classes, std::vector<double>(classes));
  std::size_t right = 0;
  for (std::size_t i = 0; i < samples; ++i) {
    const std::size_t truth = greatest(predictions, i, &Prediction::truth);
    const std::size_t guess = greatest(predictions, i, &Prediction::mean);
    ++counts[truth][guess];
    right += truth == guess ? 1 : 0;
  }
  Figure figure;
  figure.file = "classes." + file_part(inference.id);
  figure.title = inference.title();
  const std::string score = count(static_cast<std::int64_t>(right)) + " of " +
                            counted(static_cast<std::int64_t>(samples), "test sample");
  figure.label = "Confusion matrix of " + inference.title() + ": " + score + " in the right class";
  const std::string at =
      std::isnan(predictions.time) ? std::string() : " at t = " + number(predictions.time);
  figure.caption = "Test samples by true class (rows) and by the output that is greatest" + at +
                   " (columns): " + score + " on the diagonal.";
  HeatMap map;
  map.values = counts;
  map.x_label = "predicted class";
  map.y_label = "true class";
  map.has_numbers = classes <= most_numbers;
  map.x_ticks = map.y_ticks = sample_ticks(static_cast<std::int64_t>(classes), 1, 15);
  figure.script = heat_map_script(map);
  return figure;
}

}  // namespace widelimit::report
