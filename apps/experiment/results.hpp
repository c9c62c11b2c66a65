// What inference leaves in the directory: predictions, losses, and their metrics.
// Thread-safety: one thread at a time.
#pragma once

#include "directory.hpp"

#include <widelimit/data.hpp>
#include <widelimit/inference.hpp>

#include <string>

namespace widelimit::experiment {

/// The test set as results are compared with it.
struct TestSet {
  const Samples* x = nullptr;     ///< as the network sees them
  const Matrix* truth = nullptr;  ///< [m, outputs] in original units
  const TargetTransform* targets = nullptr;
};

/// `y` in original units.
[[nodiscard]] Matrix restored(const Matrix& y, const TargetTransform& targets);

/// predictions/ID.{mean,std,cov}.npy and ID.csv in original units; gives the metrics, a list with
/// "time" where there are several times. A standard deviation is one number a sample where the
/// outputs share their unit ([m], cov [m, m]), else one an output too ([m, outputs], cov
/// [outputs, m, m]); a leading axis of time where there are several.
[[nodiscard]] Json write_predictions(const std::string& id, const InferenceResult& result,
                                     Covariance covariance, const TestSet& test,
                                     RunDirectory& directory);

/// loss/ID.csv, in the units the network is trained in.
void write_losses(const std::string& id, const LossCurves& losses, RunDirectory& directory);

/// predictions/prior.std.csv: the standard deviations before any training.
void write_prior(const std::vector<double>& nngp, const std::vector<double>& ntk,
                 RunDirectory& directory);

/// data/scatter.csv: samples and targets for pictures.
void write_scatter(const TrainTest& data, const TargetTransform& targets, RunDirectory& directory);

}  // namespace widelimit::experiment
