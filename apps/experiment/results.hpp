// What inference leaves in the directory: predictions, losses, and their metrics.
// Thread safety: one thread at a time.
#pragma once

#include "classes.hpp"
#include "directory.hpp"

#include <widelimit/experiment/data.hpp>
#include <widelimit/inference.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace widelimit::experiment {

/// What results are compared with.
struct TestSet {
  const Samples* x = nullptr;           ///< as the network sees them; NULL: there is no test set
  const Matrix* truth = nullptr;        ///< [m, outputs] in original units
  const Matrix* train_truth = nullptr;  ///< [n, outputs] likewise
  const TargetTransform* targets = nullptr;
};

/// `y` in original units.
[[nodiscard]] Matrix restored(const Matrix& y, const TargetTransform& targets);

struct Written {
  Json metrics;  ///< of the test set, and "leave_one_out"; a list with "time", or with "diag_reg"
                 ///< and "ridge" (absolute), where there are several
  /// Which of several a reader is shown: the last time; of a path the ridge of least leave-one-out
  /// error (of fewest wrong classes, then of least rmse), or the first where that is not known.
  std::size_t shown = 0;
  std::vector<Mistake> mistakes;  ///< of that one, where targets are classes
};

/// predictions/ID.{mean,std,cov}.npy and ID.csv in original units. A standard deviation is one
/// number a sample where the outputs share their unit ([m], cov [m, m]), else one an output too
/// ([m, outputs], cov [outputs, m, m]); a leading axis of time or ridge where there are several.
/// Likewise ID.leave_one_out.npy [n, outputs], ID.probabilities.npy [m, classes] and, of the one
/// that is shown, ID.mistakes.csv: sample, truth, predicted, margin, [probability].
[[nodiscard]] Written write_predictions(const std::string& id, const InferenceResult& result,
                                        const InferenceOptions& options, const TestSet& test,
                                        RunDirectory& directory);

/// loss/ID.csv, in the units the network is trained in.
void write_losses(const std::string& id, const LossCurves& losses, RunDirectory& directory);

/// predictions/prior.std.csv: the standard deviations before any training.
void write_prior(const std::vector<double>& nngp, const std::vector<double>& ntk,
                 RunDirectory& directory);

/// data/scatter.csv: samples and targets for pictures.
void write_scatter(const TrainTest& data, const TargetTransform& targets, RunDirectory& directory);

}  // namespace widelimit::experiment
