// Data: from the sources of an experiment file to samples and targets, preprocessed.
// Thread-safety: values and pure functions.
#pragma once

#include <widelimit/control.hpp>
#include <widelimit/experiment.hpp>
#include <widelimit/matrix.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace widelimit {

/// Samples with their targets. Samples keep the precision of their file (uint8 becomes float32).
struct Dataset {
  Samples x;
  Matrix y;                                   ///< [n, outputs]
  std::vector<std::string> x_names, y_names;  ///< of columns, where the source has them
};

struct TrainTest {
  Dataset train;
  std::optional<Dataset> test;
};

/// Offset, limit, then split. Throws Error(usage) with file, and row and column (from 1) of a
/// number that is not finite; x and y of different lengths; train and test of different shapes.
[[nodiscard]] WIDELIMIT_EXPORT TrainTest load_data(const DataSpec& spec, std::uint64_t seed);

/// What the headers of the arrays say, numbers unread: enough for a plan.
struct DataShape {
  std::int64_t count = 0;
  std::vector<std::int64_t> sites;
  std::int64_t channels = 0, outputs = 0;
  [[nodiscard]] std::int64_t features() const noexcept {
    std::int64_t f = channels;
    for (const std::int64_t s : sites) f *= s;
    return f;
  }
};
struct DataShapes {
  DataShape train;
  std::optional<DataShape> test;
};
/// Steps that change the number of outputs (one_hot without "classes" reads the labels).
[[nodiscard]] WIDELIMIT_EXPORT DataShapes inspect_data(const DataSpec& spec,
                                                       std::span<const PreprocessStep> steps);

/// How targets were transformed, and back: what predictions are given in.
struct TargetTransform {
  std::vector<double> mean, deviation;  ///< per output; empty: untouched
  std::optional<std::int64_t> classes;  ///< after one_hot

  /// Predictions [rows, outputs] to original units, in place.
  void restore_mean(Matrix& mean) const;
  /// Factor of a standard deviation of each output (1 where untouched). Predictive variances are
  /// shared by the outputs in transformed units; in original units they are not.
  [[nodiscard]] double scale(std::int64_t output) const;
};

/// Fits every step on the training set, applies it to both, and leaves the samples in the precision
/// asked for. Throws Error(usage) with the place of the step.
WIDELIMIT_EXPORT TargetTransform preprocess(TrainTest& data, std::span<const PreprocessStep> steps,
                                            Precision precision);

}  // namespace widelimit
