// Predictions against the truth, along a line, and against finite networks.
#include "figures.hpp"

#include "color.hpp"
#include "script.hpp"
#include "typeset.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <numeric>
#include <string>

namespace widelimit::report {
namespace {

constexpr std::size_t max_outputs = 4;
constexpr double bars = 2;  // standard deviations: about 95 % of a Gaussian

struct Named {
  std::string file, title, at;  ///< `at`: " at t = ∞", or empty
};

Named named(const Run& run, const Inference& inference, const Predictions& predictions,
            std::size_t output, const char* kind) {
  Named names;
  names.file = std::string(kind) + "." + file_part(inference.id);
  names.title = inference.title();
  if (predictions.outputs.size() > 1) {
    names.file += ".y" + std::to_string(output);
    names.title += ", " + run.output_name(output);
  }
  names.at = predictions.at();
  return names;
}

std::vector<double> join(std::initializer_list<const std::vector<double>*> parts) {
  std::vector<double> all;
  for (const std::vector<double>* part : parts) all.insert(all.end(), part->begin(), part->end());
  return all;
}

/// Points that would lie on the diagonal if both axes agreed.
struct Comparison {
  std::string x_label, y_label, dots, bars;
  std::vector<double> x, y, low, high;  ///< low and high empty: no bars
};

std::string comparison_script(const Comparison& points) {
  const Range range = range_of(join({&points.x, &points.y, &points.low, &points.high}));
  Script script(plot_width, plot_width - 50);
  script.x_axis(points.x_label, range);
  script.y_axis(points.y_label, range);
  const std::vector<double> corners{range.low, range.high};
  script.plot(script.data({corners, corners}) + " using 1:2 with lines linewidth 1 dashtype (8,5)" +
              line_color(muted));
  const std::size_t stride = stride_for(points.x.size());
  const std::vector<double> x = every(stride, points.x);
  if (!points.low.empty()) {
    script.plot(script.bars(x, every(stride, points.low), every(stride, points.high)) +
                " using 1:2 with lines linewidth 1.2" + line_color(test, 0.6));
  }
  script.plot(script.data({x, every(stride, points.y)}) +
              " using 1:2 with points pointtype 7 pointsize 0.5" + line_color(test, 0.9));
  script.legend(Script::Mark::dot, test, 0.9, points.dots);
  if (!points.low.empty()) script.legend(Script::Mark::bar, test, 0.6, points.bars);
  script.legend(Script::Mark::dashed, muted, 1, "equal");
  return script.text();
}

std::string thinning(std::size_t points) {
  const std::size_t stride = stride_for(points);
  return stride > 1 ? " One of " + std::to_string(stride) + " samples is drawn." : "";
}

/// mean + times * deviation
std::vector<double> shifted(const std::vector<double>& mean, const std::vector<double>& deviation,
                            double times) {
  std::vector<double> result;
  for (std::size_t i = 0; i < mean.size(); ++i) result.push_back(mean[i] + times * deviation[i]);
  return result;
}

Figure against_truth(const Run& run, const Inference& inference, const Predictions& predictions,
                     std::size_t k) {
  const Prediction& one = predictions.outputs[k];
  const Named names = named(run, inference, predictions, k, "prediction");
  Figure figure;
  figure.file = names.file;
  figure.title = names.title;
  figure.label = "Predicted mean against true value of the test samples: " + names.title;
  figure.caption =
      "Predicted mean" + names.at + " against the truth. Points on the dashed line are exact.";
  Comparison points{"truth", "prediction", "test samples", "± 2 σ", one.truth, one.mean, {}, {}};
  if (one.has_deviation()) {
    points.low = shifted(one.mean, one.deviation, -bars);
    points.high = shifted(one.mean, one.deviation, bars);
    figure.caption += " Bars: ± 2 standard deviations of the latent function.";
  }
  figure.caption += thinning(one.mean.size());
  figure.script = comparison_script(points);
  return figure;
}

std::vector<double> permuted(const std::vector<double>& values,
                             const std::vector<std::size_t>& order) {
  std::vector<double> result;
  for (const std::size_t i : order) result.push_back(values[i]);
  return result;
}

Figure along_line(const Run& run, const Inference& inference, const Predictions& predictions,
                  std::size_t k, const Line& line) {
  const Prediction& one = predictions.outputs[k];
  const Named names = named(run, inference, predictions, k, "curve");
  std::vector<std::size_t> order(one.mean.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return line.test[a] < line.test[b]; });
  const std::vector<double> x = permuted(line.test, order), mean = permuted(one.mean, order);
  const std::vector<double> deviation = permuted(one.deviation, order);
  Figure figure;
  figure.file = names.file;
  figure.label = "Predicted function and training samples along the input: " + names.title;
  figure.title = names.title;
  figure.caption = "Predicted mean" + names.at + " along the input" +
                   (one.has_deviation() ? "; the band is ± 2 standard deviations wide." : ".");
  Script script(plot_width, plot_height);
  std::vector<double> low, high, targets;
  if (k < line.train_targets.size()) targets = line.train_targets[k];
  if (one.has_deviation()) {
    low = shifted(mean, deviation, -bars);
    high = shifted(mean, deviation, bars);
    script.plot(script.data({x, low, high}) + " using 1:2:3 with filledcurves" + line_color(test) +
                " fillstyle transparent solid 0.18 noborder");
  }
  script.x_axis(run.feature_name(0), range_of(join({&x, &line.train}), false, 0.02));
  script.y_axis(run.output_name(k), range_of(join({&mean, &low, &high, &targets})));
  script.plot(script.data({x, mean}) + " using 1:2 with lines linewidth 2.2" + line_color(test));
  script.legend(Script::Mark::line, test, 1, "mean");
  if (!low.empty()) script.legend(Script::Mark::band, test, 0.18, "± 2 σ");
  if (!targets.empty()) {
    const std::size_t stride = stride_for(targets.size());
    script.plot(script.data({every(stride, line.train), every(stride, targets)}) +
                " using 1:2 with points pointtype 7 pointsize 0.5" + line_color(train, 0.8));
    script.legend(Script::Mark::dot, train, 0.8, "training samples");
  }
  figure.script = script.text();
  return figure;
}

Figure finite_against_infinite(const Run& run, const Inference& inference,
                               const Predictions& predictions, std::size_t k,
                               const std::vector<std::vector<double>>& members) {
  const Prediction& one = predictions.outputs[k];
  const Named names = named(run, inference, predictions, k, "finite");
  Comparison points{
      "infinite width", "finite width", "test samples", "least to greatest", one.mean, {}, {}, {}};
  const auto count_of_members =
      static_cast<std::int64_t>(members.empty() ? 0 : members.front().size());
  for (const std::vector<double>& values : members) {
    points.y.push_back(std::accumulate(values.begin(), values.end(), 0.0) /
                       static_cast<double>(count_of_members));
    if (count_of_members < 2) continue;
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    points.low.push_back(*least);
    points.high.push_back(*most);
  }
  Figure figure;
  figure.file = names.file;
  figure.title = names.title;
  figure.label = "Prediction of the finite network against the infinite one: " + names.title;
  figure.caption = "Test samples: " +
                   (count_of_members > 1
                        ? "mean of " + count(count_of_members) + " trained networks of finite width"
                        : std::string("one trained network of finite width")) +
                   " against the mean prediction at infinite width" + names.at + ".";
  if (count_of_members > 1) {
    points.dots = "mean";
    figure.caption += " Bars reach from the least to the greatest of them.";
  }
  figure.caption += thinning(one.mean.size());
  figure.script = comparison_script(points);
  return figure;
}

}  // namespace

std::vector<Figure> prediction_figures(Run& run) {
  std::vector<Figure> figures;
  for (const Inference& inference : inferences(run)) {
    if (inference.id.empty() || !run.has("predictions/" + inference.id + ".csv")) continue;
    attempt(run, [&] {
      const Predictions predictions = read_predictions(run, inference);
      const Line line =
          read_line(run, predictions.outputs.empty() ? 0 : predictions.outputs.front().mean.size());
      if (is_classification(run, inference, predictions)) {
        figures.push_back(class_figure(run, inference, predictions));
        if (const Json bins = calibration_of(run, inference); !bins.is_null())
          figures.push_back(calibration_figure(inference, predictions, bins));
        return;
      }
      const std::size_t outputs = std::min(predictions.outputs.size(), max_outputs);
      for (std::size_t k = 0; k < outputs; ++k) {
        if (!line.test.empty()) figures.push_back(along_line(run, inference, predictions, k, line));
        if (predictions.outputs[k].has_truth())
          figures.push_back(against_truth(run, inference, predictions, k));
      }
      if (outputs < predictions.outputs.size() && !figures.empty()) {
        figures.back().caption += " The first " + std::to_string(outputs) + " of " +
                                  std::to_string(predictions.outputs.size()) +
                                  " outputs are drawn.";
      }
    });
  }
  return figures;
}

std::vector<Figure> finite_figures(Run& run) {
  std::vector<Figure> figures;
  if (!run.has("finite/predictions.npy")) return figures;
  attempt(run, [&] {
    const MemberPredictions members = read_member_predictions(run);
    for (const Inference& inference : inferences(run)) {
      if (!run.has("predictions/" + inference.id + ".csv")) continue;
      const Predictions predictions = read_predictions(run, inference);
      const std::size_t outputs =
          std::min({predictions.outputs.size(), members.size(), max_outputs});
      for (std::size_t k = 0; k < outputs; ++k) {
        if (predictions.outputs[k].mean.size() == members[k].size()) {
          figures.push_back(finite_against_infinite(run, inference, predictions, k, members[k]));
        }
      }
    }
  });
  return figures;
}

}  // namespace widelimit::report
