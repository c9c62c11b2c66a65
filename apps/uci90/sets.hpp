// The UCI classification sets of Fernandez-Delgado et al. (JMLR 15, 2014) as experiment files.
// Thread safety: one thread per set.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace widelimit::uci90 {

/// One set in the form the authors publish: NAME.txt, NAME_R.dat, conxuntos.dat (halves to choose
/// hyper-parameters on), conxuntos_kfold.dat (four folds to report).
struct Set {
  std::string name;
  std::filesystem::path folder;
  std::int64_t samples = 0, features = 0, classes = 0;
};

/// Those of the folders in `data` that hold a set, by name. Throws Error(usage) where there are
/// none, or where a set's description is not what it should be.
[[nodiscard]] std::vector<Set> find_sets(const std::filesystem::path& data);

/// A fully connected ReLU network without bias, its first `frozen` <= `depth` layers untrained.
struct ReluNetwork {
  int depth = 0, frozen = 0;  ///< depth: of hidden layers
};

inline constexpr int most_depth = 4, folds = 4;

/// A set's data and rows, written to `out`/NAME, and experiment files beside them: what chooses the
/// ridge of a kernel on the halves, and what a kernel and a ridge give on a fold.
class Experiments {
 public:
  /// Writes data.csv and files of row numbers. Throws Error(usage) with file and line of what is
  /// not a set, Error(io) where something cannot be written.
  Experiments(const Set& set, const std::filesystem::path& out);

  /// Both write the file and give its path. `fold` from 1.
  [[nodiscard]] std::filesystem::path choose(const ReluNetwork& kernel) const;
  [[nodiscard]] std::filesystem::path fold(int fold, const ReluNetwork& kernel, double ridge) const;

 private:
  [[nodiscard]] std::filesystem::path write(const std::string& stem, const std::string& rows,
                                            const ReluNetwork& kernel,
                                            const std::string& ridge) const;
  Set set_;
  std::filesystem::path folder_;
};

}  // namespace widelimit::uci90
