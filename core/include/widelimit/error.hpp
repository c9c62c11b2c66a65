// What goes wrong, told so that a person can act on it. Everything this library throws is a
// widelimit::Error. Thread safety: values; copy them freely.
#pragma once

#include <widelimit/abi.h>

#include <cstdint>
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

class WIDELIMIT_EXPORT Error : public std::runtime_error {
 public:
  explicit Error(ErrorCode code, const std::string& message, std::string pointer = {},
                 std::int64_t index = -1);
  /// All problems of one configuration at once; what() is their texts, one a line. `problems` must
  /// not be empty.
  explicit Error(ErrorCode code, std::vector<Problem> problems);

  [[nodiscard]] ErrorCode code() const noexcept { return code_; }
  /// JSON pointer to the offending value; empty where there is none.
  [[nodiscard]] const std::string& pointer() const noexcept { return pointer_; }
  /// The leading minor that was not positive definite (from 1), the sample, ...; -1 where there is
  /// none.
  [[nodiscard]] std::int64_t index() const noexcept { return index_; }
  /// At least one entry.
  [[nodiscard]] const std::vector<Problem>& problems() const noexcept { return problems_; }

 private:
  ErrorCode code_;
  std::string pointer_;
  std::int64_t index_ = -1;
  std::vector<Problem> problems_;
};

}  // namespace widelimit
