// Reads predictions from the tables and arrays of a run.
#include "predictions.hpp"

#include "common/sizes.hpp"
#include "typeset.hpp"

#include <widelimit/error.hpp>
#include <widelimit/experiment/csv.hpp>
#include <widelimit/experiment/files.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>

namespace widelimit::report {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

bool any_finite(const std::vector<double>& values) {
  return std::any_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

}  // namespace

bool Prediction::has_deviation() const { return any_finite(deviation); }
bool Prediction::has_truth() const { return any_finite(truth); }

std::string Predictions::at() const {
  if (!std::isnan(time)) return " at t = " + number(time);
  return std::isnan(diag_reg) ? std::string() : " with diag_reg " + number(diag_reg);
}

Predictions read_predictions(const Run& run, const Inference& inference) {
  CsvFile csv(run.dir / "predictions" / (inference.id + ".csv"));
  const std::size_t output = csv.require("output"), mean = csv.require("mean");
  const auto ridge = csv.find("diag_reg");
  const auto time = csv.find("time"), deviation = csv.find("std"), truth = csv.find("truth");
  Predictions result;
  result.time = time ? -1 : unknown;
  result.diag_reg = ridge ? inference.diag_reg : unknown;
  while (csv.next()) {
    if (ridge && csv.number(*ridge) != result.diag_reg) continue;
    if (time) {
      const double at = csv.number(*time);
      if (at < result.time) continue;
      if (at > result.time) result.outputs.clear();
      result.time = at;
    }
    const double which = csv.number(output);
    constexpr double max_outputs = 1e6;
    if (!(which >= 0 && which < max_outputs)) {
      throw Error(ErrorCode::usage, (run.dir / "predictions" / (inference.id + ".csv")).string() +
                                        ": the column \"output\" must number the outputs, from 0");
    }
    const auto k = static_cast<std::size_t>(which);
    if (k >= result.outputs.size()) result.outputs.resize(k + 1);
    Prediction& one = result.outputs[k];
    one.mean.push_back(csv.number(mean));
    one.deviation.push_back(deviation ? csv.number(*deviation) : unknown);
    one.truth.push_back(truth ? csv.number(*truth) : unknown);
  }
  return result;
}

MemberPredictions read_member_predictions(const Run& run) {
  const std::filesystem::path file = run.dir / "finite" / "predictions.npy";
  const NpyFile npy(file);
  if (npy.shape().size() != 3)
    throw Error(ErrorCode::usage, file.string() + ": expected the axes [member, sample, output]");
  const auto members = to_size(npy.shape()[0]);
  const auto samples = to_size(npy.shape()[1]);
  const auto outputs = to_size(npy.shape()[2]);
  MemberPredictions result(outputs, std::vector<std::vector<double>>(samples));
  for (std::size_t member = 0; member < members; ++member) {
    const Matrix row = npy.rows(static_cast<std::int64_t>(member), 1);
    const std::span<const double> values = row.flat();
    for (std::size_t i = 0; i < samples; ++i) {
      for (std::size_t k = 0; k < outputs; ++k) result[k][i].push_back(values[i * outputs + k]);
    }
  }
  return result;
}

Line read_line(const Run& run, std::size_t test_samples) {
  Line line;
  if (run.train("features") != 1 || !run.has("data/scatter.csv")) return line;
  CsvFile csv(run.dir / "data" / "scatter.csv");
  const std::size_t set = csv.require("set"), x = csv.require("x0");
  std::vector<std::size_t> y;
  while (const auto column = csv.find("y" + std::to_string(y.size()))) y.push_back(*column);
  line.train_targets.resize(y.size());
  while (csv.next()) {
    if (csv.text(set) == "test") {
      line.test.push_back(csv.number(x));
    } else {
      line.train.push_back(csv.number(x));
      for (std::size_t k = 0; k < y.size(); ++k) line.train_targets[k].push_back(csv.number(y[k]));
    }
  }
  if (line.test.size() != test_samples) return {};
  return line;
}

}  // namespace widelimit::report
