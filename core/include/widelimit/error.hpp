// Errors. Every exception of this library is a widelimit::Error, with a message that says what to
// do. Thread safety: values; copy them freely.
#pragma once

#include <widelimit/abi.h>
#include <widelimit/kernel.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace widelimit {

/// Why a call failed. `usage`: a wrong configuration, file or argument (exit status 2 of the
/// program). All others: a failure during the run (exit status 1).
enum class ErrorCode { usage, unsupported, numeric, memory, cancelled, io, internal };

/// The text as a terminal or a log may show it. Every control character but line feed and tab,
/// every character that changes the direction of text, and every byte that is not UTF-8 becomes an
/// escape, as in \x1b. The messages of errors have been through this already.
[[nodiscard]] WIDELIMIT_EXPORT std::string printable(std::string_view text);

/// What a user of a program can do about a problem: programs add how their users ask for it.
enum class Remedy { none, resume, allow_plugin_files, show_search };

/// One problem of a configuration or a data file.
struct Problem {
  std::string file = {};     ///< as the user wrote it; empty: the problem is not in a file
  int line = 0, column = 0;  ///< counted from 1; 0: unknown
  std::string pointer = {};  ///< JSON pointer into the file, or into the object of the call
  std::string message = {};  ///< what is wrong, what was expected, what to try
  Remedy remedy = Remedy::none;

  /// "file:line:column: /pointer: message", without unknown parts. Without a file: "line 3, column
  /// 7:
  /// ...".
  [[nodiscard]] WIDELIMIT_EXPORT std::string text() const;
};

/// The set that a sample belongs to: an argument of a call (x1 if there is only one), or a part of
/// a data set.
enum class SampleSet { x1, x2, train, test };

struct SampleNumber {
  SampleSet set = SampleSet::x1;
  std::int64_t number = 0;  ///< counted from 0
};

/// What an error is about, as far as the library knows. A caller that knows more (the names of the
/// samples, or their file) can write a message of its own.
struct ErrorFacts {
  /// The sample; for an entry of a kernel, the sample of its row.
  std::optional<SampleNumber> sample = std::nullopt;
  /// For an entry of a kernel, the sample of its column.
  std::optional<SampleNumber> other_sample = std::nullopt;
  std::optional<Kernel> kernel = std::nullopt;
  std::optional<Block> block = std::nullopt;
  /// The file that caused the error; empty: none.
  std::filesystem::path path = {};
  /// For a solver, the order of the leading minor that is not positive (from 1). For an ensemble,
  /// the member (from 0). -1: none.
  std::int64_t index = -1;
  /// For an error about samples: what is wrong, as a phrase that follows their names, such as "is
  /// not finite".
  std::string reason = {};
  /// Of the only problem.
  Remedy remedy = Remedy::none;
};

class WIDELIMIT_EXPORT Error : public std::runtime_error {
 public:
  explicit Error(ErrorCode code, const std::string& message, std::string pointer = {},
                 ErrorFacts facts = {});
  /// All problems of one configuration. what() contains one line per problem. `problems` must not
  /// be empty.
  explicit Error(ErrorCode code, std::vector<Problem> problems, ErrorFacts facts = {});

  [[nodiscard]] ErrorCode code() const noexcept { return code_; }
  /// JSON pointer to the wrong value; empty if there is none.
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
