// The contents of an experiment file, parsed and validated, as C++ values.
// Thread safety: values.
#pragma once

#include <widelimit/catalogue.hpp>
#include <widelimit/error.hpp>
#include <widelimit/finite.hpp>
#include <widelimit/inference.hpp>
#include <widelimit/kernel.hpp>
#include <widelimit/matrix.hpp>
#include <widelimit/network_spec.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace widelimit {

enum class SourceType { npy, npz, csv, idx, make_regression };

/// Columns of a table, by name or by index from 0.
struct ColumnChoice {
  std::vector<std::string> names = {};
  std::vector<std::int64_t> indices = {};
};

/// What becomes of a word that no training sample has in its column.
enum class UnknownWords {
  error,
  zeros  ///< it counts as none of the words of the column
};

/// What becomes of gaps in a table.
enum class MissingValues {
  error,
  drop,  ///< the row is left out
  mean   ///< the mean of the training samples, and one more feature that marks the gaps
};

/// How a CSV file is written, and which of its columns are used.
struct TableOptions {
  /// ' ' stands for white space; unset: found out from the first lines.
  std::optional<char> delimiter = std::nullopt;
  char decimal = '.';
  bool header_given = false;          ///< "header" is in the file: numbers are names too
  bool automatic_categories = false;  ///< every column of words is one
  ColumnChoice categories = {}, ignore = {};
  UnknownWords unknown = UnknownWords::error;
  MissingValues missing = MissingValues::error;
};

struct DataSource {
  Place place = {};
  SourceType type = SourceType::npy;
  /// npy: x, y; npz and csv: x is `path`; idx: `images`, `labels`. Already resolved against the
  /// folder of the experiment. A test source without y has no targets.
  std::filesystem::path x = {}, y = {};
  std::string x_array = {}, y_array = {};         ///< npz: names of the arrays
  std::vector<std::string> target_names = {};     ///< csv: target columns by name ...
  std::vector<std::int64_t> target_indices = {};  ///< ... or by index from 0
  bool header = true;                             ///< csv
  TableOptions table = {};                        ///< csv
  std::int64_t n_samples = 100, n_features = 100, n_informative = 10;  ///< make_regression
  double noise = 0;
  std::uint64_t seed = 0;
  /// File with the numbers of the rows to use; unset: all.
  std::optional<std::filesystem::path> rows = std::nullopt;
  std::int64_t offset = 0;  ///< rows to skip of these; `limit` counts after it
  std::optional<std::int64_t> limit = std::nullopt;
};

struct Split {
  double test_fraction = 0.1;
  bool shuffle = true;
};

enum class PreprocessType {
  standardize_x,
  center_x,
  standardize_y,
  unit_norm,
  scale,
  zca,
  one_hot
};

struct PreprocessStep {
  Place place = {};
  PreprocessType type = PreprocessType::standardize_x;
  bool per_feature = true;    ///< standardize_x, center_x: "per"
  double factor = 1;          ///< scale
  double regularization = 0;  ///< zca
  std::optional<std::int64_t> classes =
      std::nullopt;                     ///< one_hot; unset: the labels of the training samples
  bool centered = true;                 ///< one_hot
  std::vector<std::string> names = {};  ///< one_hot: names of the classes; empty: no names
};

struct DataSpec {
  Place place = {};
  DataSource train = {};
  /// A csv source without targets has those of `train`, where its file has them.
  std::optional<DataSource> test = std::nullopt;
  std::optional<Split> split = std::nullopt;
  bool labels = false;  ///< a step is one_hot: targets in tables may be words
};

/// Which kernels of a run use tile stores, and whether these are kept.
enum class StoreChoice {
  automatic,  ///< large or long computations, until they are complete
  temporary,  ///< all, until they are complete
  keep,       ///< all; the stores are kept in place of .npy files
  none
};

struct KernelChoice {
  KernelSet compute = both_kernels;
  std::optional<std::filesystem::path> from = std::nullopt;  ///< use the kernels of an earlier run
  StoreChoice store = StoreChoice::automatic;
  Place place = {};
};

/// One entry of "inference": an inference for each of its kernels.
struct InferenceSpec {
  Place place = {};
  /// The name in file names and metrics.
  std::string name = {};
  std::vector<DrivingKernel> kernels = {};
  /// The options in the file, with ranges of times and ridges expanded. For a range of times, which
  /// gives only losses, `predictions` is not set.
  InferenceOptions options = {};
  /// With the default filled in.
  SolverSpec solver = {};
  std::optional<std::filesystem::path> initial_train = std::nullopt, initial_test = std::nullopt;

  /// The options of `infer` for one of `kernels`. Without test samples, no predictions are
  /// requested, and a covariance only if the results contain it: one network has none, a Gaussian
  /// process without predictions has none, and losses need only variances.
  [[nodiscard]] WIDELIMIT_EXPORT InferenceOptions options_on(DrivingKernel kernel,
                                                             bool has_test) const;
};

struct FiniteSpec {
  Place place = {};
  TrainOptions options = {};
};

struct Experiment {
  std::filesystem::path file = {};  ///< empty: the experiment is not from a file
  std::string title = {};
  std::uint64_t seed = 0;
  Precision precision = Precision::float64;
  std::vector<std::string> plugins = {};  ///< names or paths; empty with `plugins_given` unset: all
  bool plugins_given = false;
  std::optional<DataSpec> data = std::nullopt;
  std::vector<PreprocessStep> preprocess = {};
  NetworkSpec network = {};
  Place network_place = {};
  KernelChoice kernel = {};
  std::vector<InferenceSpec> inference = {};
  std::optional<FiniteSpec> finite = std::nullopt;
  std::string resolved = {};  ///< the whole configuration as JSON text with defaults filled in
};

/// The text of an experiment file before validation: its syntax has been checked, `--set` applied
/// and "plugins" read. There are two steps because the plugins named in the file define its types.
class WIDELIMIT_EXPORT ExperimentText {
 public:
  /// `overrides` are the arguments of --set, "/pointer=VALUE", applied from left to right. Throws
  /// Error(usage) if the text is not JSON or an override cannot be applied. Validation reports
  /// duplicate keys and numbers too large for float64, together with all other problems.
  static ExperimentText read(const std::filesystem::path& file,
                             const std::vector<std::string>& overrides = {});
  static ExperimentText parse(std::string_view text,
                              const std::vector<std::string>& overrides = {});
  ExperimentText(ExperimentText&&) noexcept;
  ExperimentText& operator=(ExperimentText&&) noexcept;
  ~ExperimentText();

  /// The key "plugins", without validation of other keys; unset if the key is missing or not a
  /// list. `validate` reports its problems.
  [[nodiscard]] std::optional<std::vector<std::string>> plugins() const;
  /// A problem with the value at `pointer`, with its line and column in the file (or its --set),
  /// for messages after validation: plugins, planning, data. If the file has no such value, the
  /// problem contains only the file name.
  [[nodiscard]] Problem problem(const std::string& pointer, std::string message) const;
  /// Throws Error(usage) with all problems, each with file:line:column, pointer, what was expected
  /// and the most similar valid name.
  [[nodiscard]] Experiment validate(const Catalogue& catalogue) const;
  /// Validates only `{"network": [...]}` or the list, for Runtime::network. Other sections of an
  /// experiment are ignored. Pointers start with /network.
  [[nodiscard]] NetworkSpec validate_network(const Catalogue& catalogue) const;
  /// Validates only a solver: a name or an object.
  [[nodiscard]] SolverSpec validate_solver(const Catalogue& catalogue) const;

 private:
  struct State;
  explicit ExperimentText(std::unique_ptr<State> state);
  static ExperimentText load(const std::filesystem::path& file, std::string_view text,
                             const std::vector<std::string>& overrides);
  std::unique_ptr<State> state_;
};

/// The JSON Schema (draft 2020-12) of experiment files with the types of the catalogue, for
/// completion and validation in editors.
[[nodiscard]] WIDELIMIT_EXPORT std::string experiment_schema(const Catalogue& catalogue);

}  // namespace widelimit
