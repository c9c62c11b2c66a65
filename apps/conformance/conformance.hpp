// What `widelimit verify` does, as a library: the standard for plugins is a table of named checks.
// Each runs in a process of its own, so that a plugin that throws, crashes, hangs or exits while it
// loads is a result like any other.
// Thread safety: call from one thread, and let no other thread run, because processes are forked.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace widelimit::conformance {

enum class Result { pass, warn, fail, skip, crash, timeout };
/// "pass", "warn", ...
[[nodiscard]] std::string_view to_string(Result result) noexcept;
/// Must a plugin with this result not be used?
[[nodiscard]] constexpr bool is_failure(Result result) noexcept {
  return result == Result::fail || result == Result::crash || result == Result::timeout;
}

class Context;

/// One check: its name, one sentence on what it demands, and the function that checks it.
struct Check {
  std::string_view group, name, description;
  void (*run)(Context&);
};

/// All checks, in the order in which they are run and listed.
[[nodiscard]] std::span<const Check> checks() noexcept;
/// By name; NULL where there is none.
[[nodiscard]] const Check* find_check(std::string_view name) noexcept;

struct Outcome {
  Result result = Result::skip;
  /// What is wrong, where, what was expected, what to try; one line for each problem.
  std::string message;
  double seconds = 0;
};

struct CheckOutcome {
  const Check* check = nullptr;
  Outcome outcome;
};

struct Options {
  std::filesystem::path file;
  /// Of everything that is drawn at random.
  std::uint64_t seed = 0;
  /// The checks to run; empty: all.
  std::vector<const Check*> only;
  /// Run checks in this process, for a debugger: a crash then ends it.
  bool in_process = false;
  /// Time for each check.
  std::chrono::milliseconds limit{10'000};
  /// Called after each check; may be empty.
  std::function<void(const CheckOutcome&)> progress;
};

struct Report {
  std::filesystem::path file;
  std::uint64_t seed = 0;
  std::vector<CheckOutcome> outcomes;
  /// false: the file is not a plugin, so there is nothing to check.
  bool loaded = true;

  /// No check failed, crashed or ran out of time.
  [[nodiscard]] bool ok() const noexcept;
  [[nodiscard]] std::size_t count(Result result) const noexcept;
};

/// Runs the checks. Before those of Options::only it runs the ones that find out whether the file
/// is a plugin at all, and reports them if they fail. Throws widelimit::Error(usage) where there is
/// no such file.
[[nodiscard]] Report verify(const Options& options);

/// A table for people; `only_failed` leaves out what passed or was skipped.
[[nodiscard]] std::string as_table(const Report& report, bool only_failed);
/// One line of that table (several where the message has several problems).
[[nodiscard]] std::string as_row(const CheckOutcome& outcome);
/// The last lines: how many checks had which result, and the command that repeats a failure.
[[nodiscard]] std::string as_summary(const Report& report);
/// One JSON object: file, seed, ok, summary, checks.
[[nodiscard]] std::string as_json(const Report& report, bool only_failed);
/// The standard itself, as a table or as JSON.
[[nodiscard]] std::string list_as_table();
[[nodiscard]] std::string list_as_json();

}  // namespace widelimit::conformance
