// Writing predictions, losses, and the data a report draws.
#include "results.hpp"

#include "csv.hpp"
#include "metrics.hpp"

#include <widelimit/files.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace widelimit::experiment {
namespace {

constexpr std::int64_t max_scatter_rows = 2000, max_scatter_features = 20, max_scatter_outputs = 10;

/// The factors by which standard deviations go to original units: one where the outputs share it.
std::vector<double> scales_of(const TargetTransform& targets, std::int64_t outputs) {
  std::vector<double> scales;
  for (std::int64_t o = 0; o < outputs; ++o) scales.push_back(targets.scale(o));
  if (std::all_of(scales.begin(), scales.end(), [&](double s) { return s == scales.front(); }))
    scales.resize(1);
  return scales;
}

/// Arrays of several times one after the other, as .npy wants them.
class Stack {
 public:
  Stack(std::string file, std::size_t times, std::vector<std::int64_t> shape)
      : file_(std::move(file)), shape_(std::move(shape)) {
    if (times > 1) shape_.insert(shape_.begin(), static_cast<std::int64_t>(times));
  }
  void push(double value) { values_.push_back(value); }
  void push(std::span<const double> values) {
    values_.insert(values_.end(), values.begin(), values.end());
  }
  void write(RunDirectory& directory) const { write(values_.data(), directory); }
  /// Numbers that lie one after the other already.
  void write(const double* values, RunDirectory& directory) const {
    write_npy(directory.prepare(file_), values, shape_);
    directory.written(file_);
  }

 private:
  std::string file_;
  std::vector<std::int64_t> shape_;
  std::vector<double> values_;
};

double deviation(double variance) { return std::sqrt(std::max(variance, 0.0)); }

void write_arrays(const std::string& id, const std::vector<Prediction>& predictions,
                  const std::vector<Matrix>& means, Covariance covariance,
                  const std::vector<double>& scales, RunDirectory& directory) {
  const std::string stem = "predictions/" + id;
  const std::int64_t m = means.front().rows(), outputs = means.front().cols();
  const auto n_scales = static_cast<std::int64_t>(scales.size());
  const std::size_t times = predictions.size();

  Stack mean(stem + ".mean.npy", times, {m, outputs});
  for (const Matrix& values : means) mean.push(values.flat());
  mean.write(directory);
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

void write_table(const std::string& id, const std::vector<Prediction>& predictions,
                 const std::vector<Matrix>& means, Covariance covariance, const TestSet& test,
                 RunDirectory& directory) {
  const bool several = predictions.size() > 1, std = covariance != Covariance::none;
  std::vector<std::string> header{"sample", "output"};
  if (several) header.emplace_back("time");
  header.emplace_back("mean");
  if (std) header.emplace_back("std");
  header.emplace_back("truth");
  CsvTable table(header);
  for (std::size_t t = 0; t < predictions.size(); ++t)
    for (std::int64_t i = 0; i < means[t].rows(); ++i)
      for (std::int64_t o = 0; o < means[t].cols(); ++o) {
        table.cell(i).cell(o);
        if (several) table.cell(predictions[t].time);
        table.cell(means[t](i, o));
        if (std)
          table.cell(test.targets->scale(o) *
                     deviation(predictions[t].variance[static_cast<std::size_t>(i)]));
        table.cell((*test.truth)(i, o)).end_row();
      }
  directory.write("predictions/" + id + ".csv", table.text());
}

Json metrics_of(const Prediction& prediction, const Matrix& mean, Covariance covariance,
                double ridge, const TestSet& test) {
  Predicted predicted{.mean = &mean, .variance = nullptr};
  Matrix variance;
  if (covariance != Covariance::none) {
    variance = Matrix::uninitialized(mean.rows(), mean.cols());
    for (std::int64_t i = 0; i < mean.rows(); ++i)
      for (std::int64_t o = 0; o < mean.cols(); ++o) {
        const double scale = test.targets->scale(o);
        const double latent = prediction.variance[static_cast<std::size_t>(i)];
        variance(i, o) = scale * scale * (std::max(latent, 0.0) + ridge);
      }
    predicted.variance = &variance;
  }
  return metrics(predicted, *test.truth, *test.x, test.targets->classes.has_value());
}

}  // namespace

Matrix restored(const Matrix& y, const TargetTransform& targets) {
  Matrix original = y.clone();
  targets.restore_mean(original);
  return original;
}

Json write_predictions(const std::string& id, const InferenceResult& result, Covariance covariance,
                       const TestSet& test, RunDirectory& directory) {
  const std::vector<Prediction>& predictions = result.predictions;
  std::vector<Matrix> means;
  for (const Prediction& prediction : predictions)
    means.push_back(restored(prediction.mean, *test.targets));
  write_arrays(id, predictions, means, covariance, scales_of(*test.targets, means.front().cols()),
               directory);
  write_table(id, predictions, means, covariance, test, directory);

  Json::Array list;
  for (std::size_t t = 0; t < predictions.size(); ++t) {
    Json at_time = metrics_of(predictions[t], means[t], covariance, result.ridge, test);
    if (predictions.size() == 1) return at_time;
    Json::Object with_time{{"time", predictions[t].time}};
    with_time.insert(with_time.end(), at_time.object()->begin(), at_time.object()->end());
    list.emplace_back(std::move(with_time));
  }
  return list;
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

void write_prior(const std::vector<double>& nngp, const std::vector<double>& ntk,
                 RunDirectory& directory) {
  std::vector<std::string> header{"sample"};
  if (!nngp.empty()) header.emplace_back("nngp_std");
  if (!ntk.empty()) header.emplace_back("ntk_std");
  CsvTable table(header);
  for (std::size_t i = 0; i < std::max(nngp.size(), ntk.size()); ++i) {
    table.cell(i);
    for (const std::vector<double>* variances : {&nngp, &ntk})
      if (!variances->empty()) table.cell(deviation((*variances)[i]));
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
    const Matrix y = restored(part.y, targets);
    for (std::int64_t i = 0; i < std::min(part.x.count(), max_scatter_rows); ++i) {
      table.cell(set);
      for (std::int64_t f = 0; f < features; ++f) table.cell(part.x.at(i, f));
      for (std::int64_t o = 0; o < outputs; ++o) table.cell(y(i, o));
      table.end_row();
    }
  };
  add("train", data.train);
  if (data.test) add("test", *data.test);
  directory.write("data/scatter.csv", table.text());
}

}  // namespace widelimit::experiment
