// Predictions against the truth, along a line, and against finite networks.
#include "figures.hpp"

#include "color.hpp"
#include "predictions.hpp"
#include "script.hpp"
#include "text.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

namespace widelimit::report {
namespace {

constexpr std::size_t most_outputs = 4;
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
  if (!std::isnan(predictions.time)) names.at = " at t = " + number(predictions.time);
  return names;
}

/// Both axes alike, so that the identity is the diagonal.
void equal_axes(Script& script, const std::string& x, const std::string& y,
                const std::vector<double>& values) {
  const Range range = range_of(values);
  script.x_axis(x, range);
  script.y_axis(y, range);
  const std::string identity = script.data({{range.low, range.high}, {range.low, range.high}});
  script.plot(identity + " using 1:2 with lines linewidth 1 dashtype (8,5)" + line_color(muted));
}

std::string thinning(std::size_t stride) {
  return stride > 1 ? " One of " + std::to_string(stride) + " samples is drawn." : "";
}

Figure against_truth(const Run& run, const Inference& inference, const Predictions& predictions,
                     std::size_t k) {
  const Prediction& one = predictions.outputs[k];
  const Named names = named(run, inference, predictions, k, "prediction");
  Figure figure;
  figure.file = names.file;
  figure.label = "Predicted mean against true value of the test samples: " + names.title;
  figure.title = names.title;
  figure.caption =
      "Predicted mean" + names.at + " against the truth. Points on the dashed line are exact.";
  std::vector<double> extent = one.mean;
  extent.insert(extent.end(), one.truth.begin(), one.truth.end());
  Script script(plot_width, plot_width - 50);
  const std::size_t stride = stride_for(one.mean.size());
  const std::string every = " every " + std::to_string(stride);
  if (one.has_deviation()) {
    std::vector<double> low, high;
    for (std::size_t i = 0; i < one.mean.size(); ++i) {
      low.push_back(one.mean[i] - bars * one.deviation[i]);
      high.push_back(one.mean[i] + bars * one.deviation[i]);
    }
    extent.insert(extent.end(), low.begin(), low.end());
    extent.insert(extent.end(), high.begin(), high.end());
    equal_axes(script, "truth", "prediction", extent);
    script.plot(script.data({one.truth, one.mean, low, high}) + every +
                " using 1:2:3:4 with yerrorbars pointtype 0 linewidth 1" + line_color(test, 0.6));
    script.legend(Script::Mark::bar, test, 0.6, "± 2 standard deviations");
    figure.caption += " Bars: ± 2 standard deviations of the latent function.";
  } else {
    equal_axes(script, "truth", "prediction", extent);
  }
  script.plot(script.data({one.truth, one.mean}) + every +
              " using 1:2 with points pointtype 7 pointsize 0.5" + line_color(test, 0.9));
  script.legend(Script::Mark::dot, test, 0.9, "test samples");
  script.legend(Script::Mark::dashed, muted, 1, "equal");
  figure.caption += thinning(stride);
  figure.script = script.text();
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
  std::vector<double> xs = x, ys = mean;
  xs.insert(xs.end(), line.train.begin(), line.train.end());
  if (k < line.train_targets.size())
    ys.insert(ys.end(), line.train_targets[k].begin(), line.train_targets[k].end());
  if (one.has_deviation()) {
    std::vector<double> low, high;
    for (std::size_t i = 0; i < mean.size(); ++i) {
      low.push_back(mean[i] - bars * deviation[i]);
      high.push_back(mean[i] + bars * deviation[i]);
    }
    ys.insert(ys.end(), low.begin(), low.end());
    ys.insert(ys.end(), high.begin(), high.end());
    script.plot(script.data({x, low, high}) + " using 1:2:3 with filledcurves" + line_color(test) +
                " fillstyle transparent solid 0.18 noborder");
    script.legend(Script::Mark::band, test, 0.18, "± 2 standard deviations");
  }
  script.x_axis(run.feature_name(0), range_of(xs, false, 0.02));
  script.y_axis(run.output_name(k), range_of(ys));
  script.plot(script.data({x, mean}) + " using 1:2 with lines linewidth 2.2" + line_color(test));
  script.legend(Script::Mark::line, test, 1, "mean");
  if (k < line.train_targets.size()) {
    script.plot(script.data({line.train, line.train_targets[k]}) + " every " +
                std::to_string(stride_for(line.train.size())) +
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
  std::vector<double> mean, low, high;
  for (const std::vector<double>& values : members) {
    const auto n = static_cast<double>(values.size());
    const double average = std::accumulate(values.begin(), values.end(), 0.0) / n;
    mean.push_back(average);
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    low.push_back(*least);
    high.push_back(*most);
  }
  const std::size_t count_of_members = members.empty() ? 0 : members.front().size();
  Figure figure;
  figure.file = names.file;
  figure.label = "Prediction of the finite network against the infinite one: " + names.title;
  figure.title = names.title;
  figure.caption =
      "Test samples: " +
      (count_of_members > 1 ? "mean of " + count(static_cast<std::int64_t>(count_of_members)) +
                                  " trained networks of finite width"
                            : std::string("one trained network of finite width")) +
      " against the mean prediction at infinite width" + names.at + ".";
  std::vector<double> extent = one.mean;
  extent.insert(extent.end(), low.begin(), low.end());
  extent.insert(extent.end(), high.begin(), high.end());
  Script script(plot_width, plot_width - 50);
  equal_axes(script, "infinite width", "finite width", extent);
  const std::size_t stride = stride_for(mean.size());
  const std::string every = " every " + std::to_string(stride);
  if (count_of_members > 1) {
    script.plot(script.data({one.mean, mean, low, high}) + every +
                " using 1:2:3:4 with yerrorbars pointtype 0 linewidth 1" + line_color(test, 0.6));
    script.legend(Script::Mark::bar, test, 0.6, "least to greatest");
    figure.caption += " Bars reach from the least to the greatest of them.";
  }
  script.plot(script.data({one.mean, mean}) + every +
              " using 1:2 with points pointtype 7 pointsize 0.5" + line_color(test, 0.9));
  script.legend(Script::Mark::dot, test, 0.9, count_of_members > 1 ? "mean" : "test samples");
  script.legend(Script::Mark::dashed, muted, 1, "equal");
  figure.caption += thinning(stride);
  figure.script = script.text();
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
      const std::size_t outputs = std::min(predictions.outputs.size(), most_outputs);
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
          std::min({predictions.outputs.size(), members.size(), most_outputs});
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
