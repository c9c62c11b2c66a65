// Confusion matrices, and calibration: accuracy against the predicted probability.
#include "figures.hpp"

#include "color.hpp"
#include "common/escape.hpp"
#include "heat_map.hpp"
#include "script.hpp"
#include "typeset.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace widelimit::report {
namespace {

constexpr std::size_t max_classes = 30, max_numbers = 10;

std::size_t greatest(const Predictions& predictions, std::size_t sample,
                     std::vector<double> Prediction::*member, const std::vector<bool>& counts) {
  std::size_t best = predictions.outputs.size();
  for (std::size_t k = 0; k < predictions.outputs.size(); ++k) {
    if (counts[k] &&
        (best == predictions.outputs.size() ||
         (predictions.outputs[k].*member)[sample] > (predictions.outputs[best].*member)[sample]))
      best = k;
  }
  return best;
}

/// Of each class: has it a training sample? Others are never predicted.
std::vector<bool> learned_classes(const Run& run, std::size_t classes) {
  std::vector<bool> learned(classes, true);
  const std::vector<Json> samples = run.record["data"]["class_samples"].elements();
  for (std::size_t k = 0; k < classes && samples.size() == classes; ++k)
    learned[k] = !(samples[k].number() == 0);
  if (std::find(learned.begin(), learned.end(), true) == learned.end())
    learned.assign(classes, true);
  return learned;
}

}  // namespace

bool is_classification(const Run& run, const Inference& inference, const Predictions& predictions) {
  const Json metrics = run.metrics[inference.id];
  const std::vector<Json> several = metrics.elements();
  const Json last = several.empty() ? metrics : several.back();
  const std::size_t classes = predictions.outputs.size();
  const auto is_as_long = [&](const Prediction& one) {
    return one.mean.size() == predictions.outputs.front().mean.size() && one.has_truth();
  };
  return last["accuracy"].is_number() && classes > 1 && classes <= max_classes &&
         std::all_of(predictions.outputs.begin(), predictions.outputs.end(), is_as_long);
}

Figure class_figure(const Run& run, const Inference& inference, const Predictions& predictions) {
  const std::size_t classes = predictions.outputs.size();
  const std::size_t samples = predictions.outputs.front().mean.size();
  std::vector<std::vector<double>> counts(classes, std::vector<double>(classes));
  const std::vector<bool> all(classes, true), learned = learned_classes(run, classes);
  std::size_t right = 0;
  for (std::size_t i = 0; i < samples; ++i) {
    const std::size_t truth = greatest(predictions, i, &Prediction::truth, all);
    const std::size_t guess = greatest(predictions, i, &Prediction::mean, learned);
    ++counts[truth][guess];
    right += truth == guess ? 1 : 0;
  }
  Figure figure;
  figure.file = "classes." + file_part(inference.id);
  figure.title = inference.title();
  const std::string score = count(static_cast<std::int64_t>(right)) + " of " +
                            count_text(static_cast<std::int64_t>(samples), "test sample");
  figure.label = "Confusion matrix of " + inference.title() + ": " + score + " in the right class";
  figure.caption =
      "Test samples by true class (rows) and predicted class, that of the greatest output" +
      predictions.at() + " (columns): " + score + " are on the diagonal.";
  if (run.class_name(0) != "0") {
    figure.caption += " Classes:";
    for (std::size_t k = 0; k < classes; ++k)
      figure.caption += (k == 0 ? " " : ", ") + std::to_string(k) + "&nbsp;" +
                        apps::html_escaped(run.class_name(k));
    figure.caption += ".";
  }
  HeatMap map;
  map.values = counts;
  map.x_label = "predicted class";
  map.y_label = "true class";
  map.has_numbers = classes <= max_numbers;
  map.x_ticks = map.y_ticks = sample_ticks(static_cast<std::int64_t>(classes), 1, 15);
  figure.script = heat_map_script(map);
  return figure;
}

Json calibration_of(const Run& run, const Inference& inference) {
  return shown_metrics(run, inference)["calibration"];
}

Figure calibration_figure(const Inference& inference, const Predictions& predictions,
                          const Json& calibration) {
  std::vector<double> confidence, accuracy, low, high;
  double samples = 0;
  const std::vector<Json> bins = calibration["bins"].elements();
  for (const Json& bin : bins) samples += bin["count"].number();
  std::vector<double> middle, part;
  for (const Json& bin : bins) {
    const double inside = bin["count"].number(), right = bin["accuracy"].number();
    middle.push_back(0.5 * (bin["from"].number() + bin["to"].number()));
    part.push_back(inside / samples);
    if (!(inside > 0)) continue;
    // Of a share of `inside` independent samples the interval of all shares within two standard
    // errors of it (Wilson 1927), which has a width where all or none are right.
    const double widening = 4 / inside, centre = (right + widening / 2) / (1 + widening);
    const double half =
        2 / (1 + widening) * std::sqrt(right * (1 - right) / inside + widening / (4 * inside));
    confidence.push_back(bin["confidence"].number());
    accuracy.push_back(right);
    low.push_back(std::max(0.0, centre - half));
    high.push_back(std::min(1.0, centre + half));
  }
  Figure figure;
  figure.file = "calibration." + file_part(inference.id);
  figure.title = "Calibration: " + inference.title();
  const double error = calibration["expected_calibration_error"].number();
  figure.label = "Accuracy against confidence of " + inference.title() +
                 ": expected calibration error " + measured(error, 3);
  figure.caption =
      "Share of test samples in the right class among those that were given it with about that "
      "probability" +
      predictions.at() +
      "; on the dashed line confidence is deserved, below it is too high. Bars on the points: "
      "95 % intervals (Wilson); at the bottom: the share of all samples. Expected calibration "
      "error " +
      measured(error, 3) + ", log loss " + measured(calibration["log_loss"].number(), 4) +
      ". The probability of a class is that its output is the greatest, where outputs are "
      "independent and Gaussian with the predicted mean and the variance of an observation.";
  Script script(plot_width, plot_width - 50);
  const Range unit{-0.02, 1.02};
  script.x_axis("probability of the predicted class", unit);
  script.y_axis("share that is right", unit);
  script.line("set boxwidth " +
              gnuplot_number(0.9 / static_cast<double>(std::max<std::size_t>(middle.size(), 1))));
  script.plot(script.data({middle, part}) + " using 1:2 with boxes" + line_color(train) +
              " fillstyle solid 0.25 noborder");
  script.plot(script.data({{0, 1}, {0, 1}}) + " using 1:2 with lines linewidth 1 dashtype (8,5)" +
              line_color(muted));
  script.plot(script.bars(confidence, low, high) + " using 1:2 with lines linewidth 1.2" +
              line_color(test, 0.6));
  script.plot(script.data({confidence, accuracy}) + " using 1:2 with lines linewidth 1.6" +
              line_color(test));
  script.plot(script.data({confidence, accuracy}) +
              " using 1:2 with points pointtype 7 pointsize 0.5" + line_color(test));
  script.legend(Script::Mark::dot, test, 1, "accuracy");
  script.legend(Script::Mark::band, train, 0.25, "share of samples");
  script.legend(Script::Mark::dashed, muted, 1, "calibrated");
  figure.script = script.text();
  return figure;
}

}  // namespace widelimit::report
