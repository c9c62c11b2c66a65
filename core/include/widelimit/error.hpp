// What goes wrong, told so that a person can act on it. Everything this library throws is a
// widelimit::Error. Thread safety: values; copy them freely.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/kernel.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace widelimit {

/// Why a call failed. `usage` is a wrong configuration, file or argument (the program's exit status
/// 2); the others are failures while running (1).
enum class ErrorCode { usage, unsupported, numeric, memory, cancelled, io, internal };

/// One problem of a configuration or a data file.
struct Problem {
  std::string file;          ///< as the user named it; empty: not from a file
  int line = 0, column = 0;  ///< from 1; 0: not known
  std::string pointer;       ///< JSON pointer into the file, or into the object at hand
  std::string message;       ///< what is wrong, what was expected, what to try

  /// "file:line:column: /pointer: message", without the parts that are not known; without a file
  /// "line 3, column 7: ...".
  [[nodiscard]] WIDELIMIT_EXPORT std::string text() const;
};

/// The sets that samples belong to: the arguments of a call (x1 is the only one where there is one
/// alone), or the parts of a data set.
enum class SampleSet { x1, x2, train, test };

struct SampleNumber {
  SampleSet set = SampleSet::x1;
  std::int64_t number = 0;  ///< from 0
};

/// What an error is about, as far as it is known where it is thrown. Callers that know more than
/// the library (what the samples are called, which file they are from) say so in their own words.
struct ErrorFacts {
  /// Of an entry of a kernel the sample of its row.
  std::optional<SampleNumber> sample = std::nullopt;
  /// Of an entry of a kernel the sample of its column.
  std::optional<SampleNumber> other_sample = std::nullopt;
  std::optional<Kernel> kernel = std::nullopt;
  std::optional<Block> block = std::nullopt;
  /// The file at fault; empty: none.
  std::filesystem::path path = {};
  /// Of a solver the leading minor that was not positive definite (from 1), of an ensemble the
  /// member (from 0); -1: none.
  std::int64_t index = -1;
  /// Of an error about samples: what is wrong with them, to be read after their names, as in "is
  /// not finite".
  std::string reason = {};
};

class WIDELIMIT_EXPORT Error : public std::runtime_error {
 public:
  explicit Error(ErrorCode code, const std::string& message, std::string pointer = {},
                 ErrorFacts facts = {});
  /// All problems of one configuration at once; what() is their texts, one a line. `problems` must
  /// not be empty.
  explicit Error(ErrorCode code, std::vector<Problem> problems, ErrorFacts facts = {});

  [[nodiscard]] ErrorCode code() const noexcept { return code_; }
  /// JSON pointer to the offending value; empty where there is none.
  [[nodiscard]] const std::string& pointer() const noexcept { return pointer_; }
  [[nodiscard]] const ErrorFacts& facts() const noexcept { return facts_; }
  /// At least one entry.
  [[nodiscard]] const std::vector<Problem>& problems() const noexcept { return problems_; }

 private:
  ErrorCode code_;
  std::string pointer_;
  ErrorFacts facts_;
  std::vector<Problem> problems_;
};

}  // namespace widelimit
