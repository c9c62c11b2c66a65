// Writes the results of inference into the directory: predictions, losses, and their metrics.
// Thread safety: one thread at a time.
#pragma once

#include "classes.hpp"
#include "directory.hpp"

#include <widelimit/experiment/data.hpp>
#include <widelimit/inference.hpp>
#include <widelimit/kernel.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace widelimit::experiment {

/// What predictions are compared with.
struct TestSet {
  /// As the network sees them; NULL: there is no test set.
  const Samples* x = nullptr;
  /// The targets of the test set [m, outputs] (NULL: it has none) and of the training set [n,
  /// outputs], in original units.
  const Matrix *truth = nullptr, *train_truth = nullptr;
  const TargetTransform* targets = nullptr;
};

/// `y` in original units.
[[nodiscard]] Matrix in_original_units(const Matrix& y, const TargetTransform& targets);

struct PredictionSummary {
  /// Of the test set, if it has targets, and "leave_one_out"; null for neither; a list with "time",
  /// or with "diag_reg" and "ridge" (absolute), where there are several.
  apps::Json metrics;
  /// Which of several predictions the report shows: the last time; of a path the ridge of least
  /// leave-one-out error (of fewest wrong classes, then of least rmse), or the first where that is
  /// not known.
  std::size_t shown = 0;
  /// Of that prediction, where targets are classes.
  std::vector<Mistake> mistakes;
};

/// predictions/ID.{mean,std,cov}.npy and ID.csv in original units. A standard deviation is one
/// number a sample where the outputs share their unit ([m], cov [m, m]), else one an output too
/// ([m, outputs], cov [outputs, m, m]); a leading axis of time or ridge where there are several.
/// Likewise ID.leave_one_out.npy [n, outputs], ID.probabilities.npy [m, classes] and, of the one
/// that is shown, ID.mistakes.csv: sample, truth, predicted, margin, [probability].
[[nodiscard]] PredictionSummary write_predictions(const std::string& id,
                                                  const InferenceResult& result,
                                                  const InferenceOptions& options,
                                                  const TestSet& test, RunDirectory& directory);

/// loss/ID.csv, in the units the network is trained in.
void write_losses(const std::string& id, const LossCurves& losses, RunDirectory& directory);

/// predictions/prior.std.csv: the standard deviations before any training, of these kernels.
void write_prior(const PerKernel<std::vector<double>>& variances, KernelSet which,
                 RunDirectory& directory);

/// data/scatter.csv: samples and targets for pictures.
void write_scatter(const TrainTest& data, const TargetTransform& targets, RunDirectory& directory);

}  // namespace widelimit::experiment
