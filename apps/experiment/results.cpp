// Writing predictions, losses, and the data a report draws.
#include "results.hpp"

#include "classes.hpp"
#include "common/sizes.hpp"
#include "csv.hpp"
#include "metrics.hpp"

#include <widelimit/experiment/files.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace widelimit::experiment {
namespace {

using apps::Json;

constexpr std::size_t max_mistakes = 24;
constexpr std::int64_t max_scatter_rows = 2000, max_scatter_features = 20, max_scatter_outputs = 10;

/// The factors that convert standard deviations to original units; a single one if outputs share
/// it.
std::vector<double> scales_of(const TargetTransform& targets, std::int64_t outputs) {
  std::vector<double> scales;
  for (std::int64_t o = 0; o < outputs; ++o) scales.push_back(targets.scale(o));
  if (std::all_of(scales.begin(), scales.end(), [&](double s) { return s == scales.front(); }))
    scales.resize(1);
  return scales;
}

/// The arrays of several times or ridges, one after the other, for one .npy file.
class Stack {
 public:
  /// `several`: how many times or ridges there are.
  Stack(std::string file, std::size_t several, std::vector<std::int64_t> shape)
      : file_(std::move(file)), shape_(std::move(shape)) {
    if (several > 1) shape_.insert(shape_.begin(), static_cast<std::int64_t>(several));
  }
  void push(double value) { values_.push_back(value); }
  void push(std::span<const double> values) {
    values_.insert(values_.end(), values.begin(), values.end());
  }
  void write(RunDirectory& directory) const { write(values_.data(), directory); }
  /// Numbers that are in memory one after the other already.
  void write(const double* values, RunDirectory& directory) const {
    write_npy(directory.prepare(file_), values, shape_);
    directory.add(file_);
  }

 private:
  std::string file_;
  std::vector<std::int64_t> shape_;
  std::vector<double> values_;
};

/// Arrays [samples, outputs] of every time or ridge.
void write_stack(const std::string& file, const std::vector<Matrix>& all, RunDirectory& directory) {
  Stack stack(file, all.size(), {all.front().rows(), all.front().cols()});
  for (const Matrix& one : all) stack.push(one.flat());
  stack.write(directory);
}

double deviation(double variance) { return std::sqrt(std::max(variance, 0.0)); }

void write_arrays(const std::string& id, const std::vector<Prediction>& predictions,
                  const std::vector<Matrix>& means, Covariance covariance,
                  const std::vector<double>& scales, RunDirectory& directory) {
  const std::string stem = "predictions/" + id;
  const std::int64_t m = means.front().rows(), outputs = means.front().cols();
  const auto n_scales = static_cast<std::int64_t>(scales.size());
  const std::size_t times = predictions.size();

  write_stack(stem + ".mean.npy", means, directory);
  if (covariance == Covariance::none) return;

  Stack std(stem + ".std.npy", times, n_scales == 1 ? std::vector{m} : std::vector{m, outputs});
  for (const Prediction& prediction : predictions)
    for (const double variance : prediction.variance)
      for (const double scale : scales) std.push(scale * deviation(variance));
  std.write(directory);
  if (covariance != Covariance::full) return;

  Stack cov(stem + ".cov.npy", times,
            n_scales == 1 ? std::vector{m, m} : std::vector{outputs, m, m});
  // A covariance may be as large as the memory allows: no copy without need.
  if (times == 1 && n_scales == 1 && scales.front() == 1) {
    cov.write(predictions.front().covariance.data(), directory);
    return;
  }
  for (const Prediction& prediction : predictions)
    for (const double scale : scales)
      for (const double entry : prediction.covariance.flat()) cov.push(scale * scale * entry);
  cov.write(directory);
}

/// What several predictions of one inference are of.
enum class Several { none, times, ridges };

void write_table(const std::string& id, const std::vector<Prediction>& predictions,
                 const std::vector<Matrix>& means, Several several, Covariance covariance,
                 const TestSet& test, RunDirectory& directory) {
  const bool std = covariance != Covariance::none;
  std::vector<std::string> header{"sample", "output"};
  if (several != Several::none)
    header.emplace_back(several == Several::times ? "time" : "diag_reg");
  header.emplace_back("mean");
  if (std) header.emplace_back("std");
  if (test.truth != nullptr) header.emplace_back("truth");
  CsvTable table(header);
  for (std::size_t t = 0; t < predictions.size(); ++t)
    for (std::int64_t i = 0; i < means[t].rows(); ++i)
      for (std::int64_t o = 0; o < means[t].cols(); ++o) {
        table.cell(i).cell(o);
        if (several == Several::times) table.cell(predictions[t].time);
        if (several == Several::ridges) table.cell(predictions[t].diag_reg);
        table.cell(means[t](i, o));
        if (std)
          table.cell(test.targets->scale(o) * deviation(predictions[t].variance[to_size(i)]));
        if (test.truth != nullptr) table.cell((*test.truth)(i, o));
        table.end_row();
      }
  directory.write("predictions/" + id + ".csv", table.text());
}

/// Variances of an observation, in original units, from the latent variances of the samples.
Matrix observation_variance(const std::vector<double>& latent, double ridge, std::int64_t outputs,
                            const TargetTransform& targets) {
  Matrix variance = Matrix::uninitialized(std::ssize(latent), outputs);
  for (std::int64_t i = 0; i < variance.rows(); ++i)
    for (std::int64_t o = 0; o < outputs; ++o) {
      const double scale = targets.scale(o);
      variance(i, o) = scale * scale * (std::max(latent[to_size(i)], 0.0) + ridge);
    }
  return variance;
}

bool positive(const Matrix& variance) {
  return std::ranges::all_of(variance.flat(), [](double v) { return v > 0; });
}

/// One time or one ridge; no members without targets. Probabilities of classes are appended to
/// `probabilities`.
Json metrics_of(const Prediction& prediction, const Matrix& mean, const TestSet& test,
                std::vector<Matrix>& probabilities) {
  Predicted predicted{.mean = &mean, .class_samples = test.targets->class_samples};
  Matrix variance;
  if (!prediction.variance.empty()) {
    variance =
        observation_variance(prediction.variance, prediction.ridge, mean.cols(), *test.targets);
    predicted.variance = &variance;
  }
  const bool one_hot = test.targets->classes.has_value();
  if (one_hot && predicted.variance != nullptr && positive(variance)) {
    probabilities.push_back(class_probabilities(mean, variance, predicted.class_samples));
    predicted.probabilities = &probabilities.back();
  }
  if (test.truth == nullptr) return Json::Object{};
  return metrics(predicted, *test.truth, *test.x, one_hot);
}

Json left_out_of(const LeaveOneOut& left_out, const Matrix& mean, const TestSet& test) {
  Predicted predicted{.mean = &mean, .class_samples = test.targets->class_samples};
  Matrix variance;
  if (!left_out.variance.empty()) {
    variance = observation_variance(left_out.variance, 0, mean.cols(), *test.targets);
    predicted.variance = &variance;
  }
  return left_out_metrics(predicted, *test.train_truth, left_out.log_evidence,
                          test.targets->classes.has_value());
}

void write_mistakes(const std::string& id, const std::vector<Mistake>& mistakes,
                    const Matrix* probabilities, RunDirectory& directory) {
  std::vector<std::string> header{"sample", "truth", "predicted", "margin"};
  if (probabilities != nullptr) header.emplace_back("probability");
  CsvTable table(header);
  for (const Mistake& mistake : mistakes) {
    table.cell(mistake.sample).cell(mistake.truth).cell(mistake.predicted).cell(mistake.margin);
    if (probabilities != nullptr) table.cell((*probabilities)(mistake.sample, mistake.predicted));
    table.end_row();
  }
  directory.write("predictions/" + id + ".mistakes.csv", table.text());
}

std::size_t latest(const std::vector<Prediction>& predictions) {
  return to_size(std::ranges::max_element(predictions, {}, &Prediction::time) -
                 predictions.begin());
}

/// The prediction with the fewest wrong classes; of equal ones the one with the least squared
/// error, then the first.
std::size_t least_error(const std::vector<Matrix>& predicted, const Matrix& truth,
                        const TargetTransform& targets) {
  const bool one_hot = targets.classes.has_value();
  std::size_t best = 0;
  std::pair<double, double> least;
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    const std::pair error(one_hot ? 1 - accuracy(predicted[i], truth, targets.class_samples) : 0.0,
                          rmse(predicted[i], truth));
    if (i > 0 && error >= least) continue;
    least = error;
    best = i;
  }
  return best;
}

}  // namespace

Matrix in_original_units(const Matrix& y, const TargetTransform& targets) {
  Matrix original = y.clone();
  targets.restore_mean(original);
  return original;
}

PredictionSummary write_predictions(const std::string& id, const InferenceResult& result,
                                    const InferenceOptions& options, const TestSet& test,
                                    RunDirectory& directory) {
  const std::vector<Prediction>& predictions = result.predictions;
  const bool tested = test.x != nullptr && options.predictions;
  const bool one_hot = test.targets->classes.has_value();
  const Several several = predictions.size() < 2          ? Several::none
                          : options.diag_reg_path.empty() ? Several::times
                                                          : Several::ridges;
  std::vector<Matrix> means, probabilities, left_out;
  if (tested) {
    for (const Prediction& prediction : predictions)
      means.push_back(in_original_units(prediction.mean, *test.targets));
    write_arrays(id, predictions, means, options.covariance,
                 scales_of(*test.targets, means.front().cols()), directory);
    write_table(id, predictions, means, several, options.covariance, test, directory);
  }
  Json::Array list;
  for (std::size_t t = 0; t < predictions.size(); ++t) {
    const Prediction& one = predictions[t];
    Json::Object all;
    if (several == Several::times) all.set("time", one.time);
    if (several == Several::ridges) {
      all.set("diag_reg", one.diag_reg);
      all.set("ridge", one.ridge);
    }
    if (tested) {
      const Json tests = metrics_of(one, means[t], test, probabilities);
      for (const auto& [name, value] : tests.members()) all.set(name, value);
    }
    if (options.leave_one_out) {
      left_out.push_back(in_original_units(one.left_out.mean, *test.targets));
      all.set("leave_one_out", left_out_of(one.left_out, left_out.back(), test));
    }
    list.push_back(std::move(all));
  }
  // Where a variance is zero a prediction has no probabilities: then none are written, because
  // nobody could tell which prediction the others belong to.
  const bool complete = !probabilities.empty() && probabilities.size() == predictions.size();
  if (complete) write_stack("predictions/" + id + ".probabilities.npy", probabilities, directory);
  if (!left_out.empty())
    write_stack("predictions/" + id + ".leave_one_out.npy", left_out, directory);

  PredictionSummary summary;
  summary.shown = several == Several::ridges && !left_out.empty()
                      ? least_error(left_out, *test.train_truth, *test.targets)
                  : several == Several::times ? latest(predictions)
                                              : 0;
  if (tested && one_hot && test.truth != nullptr) {
    const std::size_t at = summary.shown;
    summary.mistakes =
        worst_mistakes(means[at], *test.truth, max_mistakes, test.targets->class_samples);
    write_mistakes(id, summary.mistakes, complete ? &probabilities[at] : nullptr, directory);
  }
  if ((tested && test.truth != nullptr) || options.leave_one_out)
    summary.metrics = several == Several::none ? list[0] : list;
  return summary;
}

void write_losses(const std::string& id, const LossCurves& losses, RunDirectory& directory) {
  std::vector<std::pair<std::string, const std::vector<double>*>> columns{
      {"time", &losses.time},
      {"train_mean_loss", &losses.train_mean},
      {"test_mean_loss", &losses.test_mean},
      {"train_expected_loss", &losses.train_expected},
      {"test_expected_loss", &losses.test_expected}};
  std::erase_if(columns, [](const auto& column) { return column.second->empty(); });
  std::vector<std::string> header;
  for (const auto& [name, values] : columns) header.push_back(name);
  CsvTable table(header);
  for (std::size_t i = 0; i < losses.time.size(); ++i) {
    for (const auto& [name, values] : columns) table.cell((*values)[i]);
    table.end_row();
  }
  directory.write("loss/" + id + ".csv", table.text());
}

void write_prior(const PerKernel<std::vector<double>>& variances, KernelSet which,
                 RunDirectory& directory) {
  std::vector<std::string> header{"sample"};
  std::vector<const std::vector<double>*> columns;
  for (const Kernel kernel : all_kernels) {
    if (!which[kernel] || variances[kernel].empty()) continue;
    header.push_back(std::string(name_of(kernel)) + "_std");
    columns.push_back(&variances[kernel]);
  }
  CsvTable table(header);
  for (std::size_t i = 0; !columns.empty() && i < columns.front()->size(); ++i) {
    table.cell(i);
    for (const std::vector<double>* column : columns) table.cell(deviation((*column)[i]));
    table.end_row();
  }
  directory.write("predictions/prior.std.csv", table.text());
}

void write_scatter(const TrainTest& data, const TargetTransform& targets, RunDirectory& directory) {
  const std::int64_t features = std::min(data.train.x.features(), max_scatter_features);
  const std::int64_t outputs = std::min(data.train.y.cols(), max_scatter_outputs);
  std::vector<std::string> header{"set"};
  for (std::int64_t f = 0; f < features; ++f)
    header.push_back(std::string("x").append(std::to_string(f)));
  for (std::int64_t o = 0; o < outputs; ++o)
    header.push_back(std::string("y").append(std::to_string(o)));
  CsvTable table(header);
  const auto add = [&](std::string_view set, const Dataset& part) {
    const Matrix y = in_original_units(part.y, targets);
    for (std::int64_t i = 0; i < std::min(part.x.count(), max_scatter_rows); ++i) {
      table.cell(set);
      for (std::int64_t f = 0; f < features; ++f) table.cell(part.x.at(i, f));
      for (std::int64_t o = 0; o < outputs; ++o)
        if (part.has_targets())
          table.cell(y(i, o));
        else
          table.cell("");
      table.end_row();
    }
  };
  add("train", data.train);
  if (data.test) add("test", *data.test);
  directory.write("data/scatter.csv", table.text());
}

}  // namespace widelimit::experiment
