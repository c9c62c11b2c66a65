// An experiment file, parsed and validated: what contract and schema say, as plain C++ values.
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

enum class SourceType { npy, csv, idx, make_regression };

struct DataSource {
  Place place;
  SourceType type = SourceType::npy;
  std::filesystem::path x, y;  ///< npy: x, y; csv: x is `path`; idx: `images`, `labels`. Already
                               ///< resolved against the experiment's folder
  std::vector<std::string> target_names;     ///< csv: target columns by name ...
  std::vector<std::int64_t> target_indices;  ///< ... or by index from 0
  bool header = true;                        ///< csv
  std::int64_t n_samples = 100, n_features = 100, n_informative = 10;  ///< make_regression
  double noise = 0;
  std::uint64_t seed = 0;
  std::optional<std::filesystem::path> rows;  ///< of the numbers of the rows to take; unset: all
  std::int64_t offset = 0;                    ///< into those, like `limit`
  std::optional<std::int64_t> limit;
};

struct Split {
  double test_fraction = 0.1;
  bool shuffle = true;
};

enum class PreprocessType { standardize_x, standardize_y, unit_norm, scale, zca, one_hot };

struct PreprocessStep {
  Place place;
  PreprocessType type = PreprocessType::standardize_x;
  bool per_feature = true;              ///< standardize_x: "per"
  double factor = 1;                    ///< scale
  double regularization = 0;            ///< zca
  std::optional<std::int64_t> classes;  ///< one_hot; unset: as many as the training labels have
  bool centered = true;                 ///< one_hot
  std::vector<std::string> names;       ///< one_hot: of the classes; empty: they have none
};

struct DataSpec {
  Place place;
  DataSource train;
  std::optional<DataSource> test;
  std::optional<Split> split;
};

/// Which kernels of a run go through tile stores, and whether these stay.
enum class StoreChoice {
  automatic,  ///< those that are large or take long, until they are whole
  temporary,  ///< all, until they are whole
  keep,       ///< all, and they stay in place of .npy files
  none
};

struct KernelChoice {
  KernelSet compute = both_kernels;
  std::optional<std::filesystem::path> from;  ///< reuse the kernels of an earlier run
  StoreChoice store = StoreChoice::automatic;
  Place place;
};

/// One entry of "inference": an inference for each of its kernels.
struct InferenceSpec {
  Place place;
  /// METHOD in file names.
  std::string name;
  std::vector<DrivingKernel> kernels;
  /// As written; ranges of times and ridges are expanded. A range of times gives losses alone:
  /// `predictions` is not set.
  InferenceOptions options;
  /// The default is filled in.
  SolverSpec solver;
  std::optional<std::filesystem::path> initial_train, initial_test;

  /// What `infer` is to do on one of `kernels`. Without test samples predictions are not asked for,
  /// and a covariance only where results hold it: one network has none, nor has a Gaussian process
  /// without predictions, and losses read variances alone.
  [[nodiscard]] WIDELIMIT_EXPORT InferenceOptions options_on(DrivingKernel kernel,
                                                             bool has_test) const;
};

struct FiniteSpec {
  Place place;
  TrainOptions options;
};

struct Experiment {
  std::filesystem::path file;  ///< empty: from text
  std::string title;
  std::uint64_t seed = 0;
  Precision precision = Precision::float64;
  std::vector<std::string> plugins;  ///< names or paths; empty with `plugins_given` unset: all
  bool plugins_given = false;
  std::optional<DataSpec> data;
  std::vector<PreprocessStep> preprocess;
  NetworkSpec network;
  Place network_place;
  KernelChoice kernel;
  std::vector<InferenceSpec> inference;
  std::optional<FiniteSpec> finite;
  std::string resolved;  ///< the whole configuration as JSON text, defaults filled in
};

/// The text of an experiment file before its types are known: syntax checked, `--set` applied,
/// "plugins" read. Two steps, because the plugins that the file names decide what its types are.
class WIDELIMIT_EXPORT ExperimentText {
 public:
  /// `overrides` are the arguments of --set, "/pointer=VALUE", applied left to right. Throws
  /// Error(usage) where the text is not JSON or an override cannot be applied. Duplicate keys and
  /// numbers beyond float64 are reported by what validates, together with all else.
  static ExperimentText read(const std::filesystem::path& file,
                             const std::vector<std::string>& overrides = {});
  static ExperimentText parse(std::string_view text,
                              const std::vector<std::string>& overrides = {});
  ExperimentText(ExperimentText&&) noexcept;
  ExperimentText& operator=(ExperimentText&&) noexcept;
  ~ExperimentText();

  /// The key "plugins", without validation of anything else; unset where the key is absent or no
  /// list. What is wrong with it is reported by `validate`.
  [[nodiscard]] std::optional<std::vector<std::string>> plugins() const;
  /// A problem with the value at `pointer`, placed where it stands in the file (or in a --set), for
  /// messages that come after validation: plugins, planning, data. Where the file has no such
  /// value, only the file is named.
  [[nodiscard]] Problem problem(const std::string& pointer, std::string message) const;
  /// All problems at once as Error(usage), each with file:line:column, pointer, what was expected
  /// and the nearest valid name.
  [[nodiscard]] Experiment validate(const Catalogue& catalogue) const;
  /// Only `{"network": [...]}` or the bare list: what Runtime::network takes. Of a whole experiment
  /// the other sections are not looked into. Pointers start with /network.
  [[nodiscard]] NetworkSpec validate_network(const Catalogue& catalogue) const;
  /// Only a solver: a name or an object.
  [[nodiscard]] SolverSpec validate_solver(const Catalogue& catalogue) const;

 private:
  struct State;
  explicit ExperimentText(std::unique_ptr<State> state);
  static ExperimentText load(const std::filesystem::path& file, std::string_view text,
                             const std::vector<std::string>& overrides);
  std::unique_ptr<State> state_;
};

/// One JSON Schema (draft 2020-12) for whole experiment files, assembled from the catalogue:
/// editors complete and underline with it.
[[nodiscard]] WIDELIMIT_EXPORT std::string experiment_schema(const Catalogue& catalogue);

}  // namespace widelimit
