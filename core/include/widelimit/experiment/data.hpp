// Data: reads samples and targets from the sources of an experiment file, and preprocesses them.
// Thread safety: values and pure functions.
#pragma once

#include <widelimit/control.hpp>
#include <widelimit/experiment/experiment.hpp>
#include <widelimit/experiment/table_encoding.hpp>
#include <widelimit/matrix.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace widelimit {

/// Samples with their targets. Samples keep the precision of their file: types that float32 holds
/// exactly become float32, all others float64.
struct Dataset {
  Samples x = {};
  Matrix y = {};  ///< [n, outputs]; [n, 0]: without targets
  std::vector<std::string> x_names = {},
                           y_names = {};  ///< names of columns, if the source has them

  [[nodiscard]] bool has_targets() const noexcept { return y.cols() > 0; }
};

struct TrainTest {
  Dataset train = {};
  std::optional<Dataset> test = std::nullopt;
  TableEncoding encoding = {};             ///< of both, learned from `train`
  std::vector<std::string> warnings = {};  ///< what a person should know about the files
};

/// Rows, offset, limit (at most as many as there are), then split: ceil(n test_fraction) test rows,
/// chosen by `seed` (the last ones without shuffling), both parts in the order of the file. Of a
/// source only the rows between the first and the last that are asked for are read. A file of
/// `rows` holds row numbers from 0, separated by white space; rows are taken in its order, also
/// more than once. Throws Error(usage) for
/// - a file that is missing, empty, damaged, truncated or longer than it says, or of a type that is
///   not read: nothing is allocated before the file is known to be long enough;
/// - a number that is not finite: with file, row and column of the array from 0 (npy), or line and
///   column of the text from 1 (csv);
/// - x and y of different lengths, train and test of different shapes, a part without samples.
///
/// `make_regression` draws x_ij ~ N(0, 1), n_informative coefficients 100 U(0, 1) at random
/// features (the others are 0), and y_i = sum_j x_ij w_j + noise N(0, 1), all independent and all a
/// function of the source's own seed. `control`, which may be NULL, receives "read data".
[[nodiscard]] WIDELIMIT_EXPORT TrainTest load_data(const DataSpec& spec, std::uint64_t seed,
                                                   Control* control = nullptr);

/// The samples `chosen` (counted from 0) of the test set that load_data returns, without
/// preprocessing, for pictures. Throws like load_data, and Error(usage) for a number that is not
/// that of a test sample.
[[nodiscard]] WIDELIMIT_EXPORT Dataset load_test_samples(const DataSpec& spec, std::uint64_t seed,
                                                         std::span<const std::int64_t> chosen,
                                                         Control* control = nullptr);

/// Shapes of the arrays from their headers, without reading the numbers: enough for a plan.
struct DataShape {
  std::int64_t count = 0;
  SampleShape sample = {};
  std::int64_t outputs = 0;
};
struct DataShapes {
  DataShape train = {};
  std::optional<DataShape> test = std::nullopt;
};
/// Takes account of steps that change the number of outputs (one_hot without "classes" reads the
/// labels, those of the training samples that `seed` chooses). The features of a table that has
/// categories or means are known only when it is read. `control`, which may be NULL, receives "read
/// data" where labels or tables are read.
[[nodiscard]] WIDELIMIT_EXPORT DataShapes inspect_data(const DataSpec& spec,
                                                       std::span<const PreprocessStep> steps,
                                                       std::uint64_t seed = 0,
                                                       Control* control = nullptr);

/// The transformation of the targets, and its inverse for predictions.
struct WIDELIMIT_EXPORT TargetTransform {
  std::vector<double> mean = {}, deviation = {};       ///< per output; empty: not transformed
  std::optional<std::int64_t> classes = std::nullopt;  ///< after one_hot
  /// Of each class, after one_hot. A class that no training sample has gets no probability.
  std::vector<std::int64_t> class_samples = {};

  /// Converts predictions [rows, outputs] to the original units, in place.
  void restore_mean(Matrix& mean) const;
  /// The factor by which to multiply a standard deviation of this output (1 if it was not
  /// transformed). In transformed units all outputs have the same predictive variance; in the
  /// original units they do not.
  [[nodiscard]] double scale(std::int64_t output) const;
};

/// Fits every step on the training set (as the steps before it left it), applies it to both, and
/// leaves the samples in the precision asked for: arithmetic is float64, rounded once at the end.
/// - standardize_x: minus the mean, divided by the population deviation (over n), per feature or
///   of all numbers. A feature that is constant in training is only centred: its deviation counts
///   as 1, so it becomes 0 there. So does a deviation that is rounding, below n eps |mean| (or eps
///   |mean| of float32, if the file holds that).
/// - center_x: minus the mean only, so that differences of samples stay as they are.
/// - standardize_y: like standardize_x, per output; undone by TargetTransform.
/// - unit_norm: every sample divided by its Euclidean norm; a sample of zeros stays.
/// - scale: times `factor`.
/// - zca: (x - mean) (C + r tr(C)/d 1)^(-1/2) with the covariance C (over n) of d features and the
///   `regularization` r (Lee et al., NeurIPS 2020, appendix on regularized ZCA). A C that is
///   singular, up to rounding of the covariance or of the features, needs r > 0.
/// - one_hot: labels become one output a class, 1 at the label and 0 elsewhere, minus 1/classes if
///   centered. The classes are the labels of the training samples in ascending order, integers or
///   words; with `classes` they are 0 .. classes - 1, if all labels are among these. Outputs are
///   called by `names`, else by the labels unless these are 0, 1, ...
/// A test set without targets stays without.
/// Throws Error(usage) with the place of the step: labels that are none, variances that float64
/// cannot hold, results that do not fit the precision. `control`, which may be NULL, receives
/// "preprocess".
WIDELIMIT_EXPORT TargetTransform preprocess(TrainTest& data, std::span<const PreprocessStep> steps,
                                            Precision precision, Control* control = nullptr);

}  // namespace widelimit
